package io.plumbline.runtime.rollout;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.rollout.UnhealthyRestarts;
import io.plumbline.manifest.DriftMode;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.placement.PlacementView;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The restarts of a pipeline's unhealthy containers. It decides them while the pipeline is at rest,
 * records each, and returns the orders for the engine reconcilers. The pipeline's thread only.
 */
final class HealthRestarts {
    private final World world;
    private final Journal journal;
    private final PlacementView sites;
    private final UnhealthyRestarts restarts = new UnhealthyRestarts();
    private Map<String, List<UnhealthyRestarts.Order>> orders = Map.of();

    HealthRestarts(World world, Journal journal, PlacementView sites) {
        this.world = world;
        this.journal = journal;
        this.sites = sites;
    }

    /** Returns the containers to restart, by engine. */
    Map<String, List<UnhealthyRestarts.Order>> orders() {
        return orders;
    }

    /** Decides about restarts, while the pipeline is at rest on this release and may act. */
    void look(Release release, Collection<HealthWatch.Seen> seen) {
        if (release.drift() != DriftMode.ENFORCE) {
            clear();
            return;
        }
        var result = restarts.look(seen, slots(), world.ticker().nanos());
        for (var d : result.decided()) {
            journal.tell(
                    d.engine(),
                    EventType.HEALTH_RESTART,
                    d.service(),
                    "health",
                    "unhealthy",
                    "restarted",
                    d.reason());
        }
        orders = result.orders();
    }

    /** Cancels all restarts. */
    void clear() {
        restarts.clear(slots());
        orders = Map.of();
    }

    private UnhealthyRestarts.Slots slots() {
        var pipeline = journal.state().pipeline();
        return new UnhealthyRestarts.Slots() {
            @Override
            public boolean take(String engine, String who) {
                return sites.has(engine)
                        && sites.engine(engine).restarts().take(pipeline + "/" + who);
            }

            @Override
            public void free(String engine, String who) {
                if (sites.has(engine)) {
                    sites.engine(engine).restarts().free(pipeline + "/" + who);
                }
            }
        };
    }
}
