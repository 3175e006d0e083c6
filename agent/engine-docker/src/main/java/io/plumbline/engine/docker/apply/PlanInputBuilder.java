package io.plumbline.engine.docker.apply;

import io.plumbline.core.workload.Observation;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Replicas;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.state.StoredReleases;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The observer of one engine for one pipeline. It makes the input of the planner. One thread only.
 */
public final class PlanInputBuilder {
    private final SliceOwner owner;
    private final DriverSetup setup;
    private final EngineWatcher engine;
    private final ContainerTracker tracker;
    private final UnresponsiveWatch unresponsive;
    private final Set<String> replaced = new HashSet<>();
    private @Nullable Observation observed;

    PlanInputBuilder(
            SliceOwner owner,
            DriverSetup setup,
            EngineWatcher engine,
            ContainerTracker tracker,
            UnresponsiveWatch unresponsive) {
        this.owner = owner;
        this.setup = setup;
        this.engine = engine;
        this.tracker = tracker;
        this.unresponsive = unresponsive;
    }

    /** Returns the last observation, null if there was none. */
    @Nullable Observation observed() {
        return observed;
    }

    /** Returns what the engine's events say about the last stop of the container with this name. */
    String lastChange(String container) {
        var seen = observed;
        return seen == null
                ? ""
                : seen.replicas().stream()
                        .filter(c -> c.name().equals(container))
                        .map(c -> engine.lastChange(c.id()))
                        .findFirst()
                        .orElse("");
    }

    /** Marks a container that must be replaced even if it matches its spec. */
    void replace(String containerId) {
        replaced.add(containerId);
    }

    /** Clears the marks, because another leg begins. */
    void forget() {
        replaced.clear();
    }

    /** Observes the engine and remembers the result. */
    PlanInput look(EngineTarget o) {
        var seen = seen(o);
        tracker.retain(seen);
        observed = Replicas.of(seen, tracker.verdicts(seen));
        unresponsive.look(seen);
        return input(o, o.policy(), seen);
    }

    /** Observes the engine without remembering the result, for an operator's question. */
    public PlanInput peek(EngineTarget o) {
        return input(o, o.policy(), seen(o));
    }

    private EngineState seen(EngineTarget o) {
        return engine.look(owner.pipeline(), new TreeSet<>(o.release().imageNames()));
    }

    /**
     * Returns the ordered restarts that are still due: a container that was started since the order
     * has had its restart.
     */
    private static Set<String> restarts(EngineTarget o, EngineState seen) {
        var out = new HashSet<String>();
        for (var c : seen.containers()) {
            boolean ordered =
                    o.restarts().stream()
                            .anyMatch(
                                    r ->
                                            r.replica().equals(c.id())
                                                    && r.startedAt().equals(c.startedAt()));
            if (ordered) {
                out.add(c.id());
            }
        }
        return out;
    }

    private PlanInput input(EngineTarget o, PlanPolicy policy, EngineState seen) {
        var replace = new HashSet<>(o.condemned());
        replace.addAll(replaced);
        var today = setup.secrets().hashes(o.release());
        var input =
                new PlanInput(
                        setup.identity().agent(),
                        o.release(),
                        o.commit(),
                        o.from(),
                        seen,
                        tracker.verdicts(seen),
                        today.hashes(),
                        StoredReleases.specs(o.known()),
                        o.kept(),
                        owner.externalVolumes(),
                        replace,
                        policy);
        return input.restarting(restarts(o, seen))
                .under(owner.ofImages(o.release()))
                .accepting(today.earlier());
    }
}
