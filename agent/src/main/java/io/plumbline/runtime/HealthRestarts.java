package io.plumbline.runtime;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.rollout.UnhealthyRestarts;
import io.plumbline.manifest.DriftMode;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Restarts of a pipeline's unhealthy containers: decides them at rest, writes each down, and gives
 * the orders that lanes carry out. The pipeline's thread only.
 */
final class HealthRestarts {
    private final World world;
    private final Journal journal;
    private final Sites sites;
    private final UnhealthyRestarts restarts = new UnhealthyRestarts();
    private Map<String, List<UnhealthyRestarts.Order>> orders = Map.of();

    HealthRestarts(World world, Journal journal, Sites sites) {
        this.world = world;
        this.journal = journal;
        this.sites = sites;
    }

    /** What is to be restarted, by engine. */
    Map<String, List<UnhealthyRestarts.Order>> orders() {
        return orders;
    }

    /** The pipeline is at rest on this release, and may act. */
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

    /** Nothing is restarted now. */
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
