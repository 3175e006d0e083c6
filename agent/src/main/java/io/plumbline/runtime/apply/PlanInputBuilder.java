package io.plumbline.runtime.apply;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Verdict;
import io.plumbline.runtime.engine.EngineWatcher;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.render.Renderer;
import io.plumbline.runtime.state.Permissions;
import io.plumbline.runtime.state.Releases;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The observer of one engine for one pipeline. It makes the input of the planner. One thread only.
 */
public final class PlanInputBuilder {
    private final String pipeline;
    private final World world;
    private final EngineWatcher engine;
    private final Permissions permissions;
    private final ContainerTracker tracker;
    private final UnresponsiveWatch unresponsive;
    private final Set<String> replaced = new HashSet<>();
    private @Nullable EngineState observed;
    private Map<String, Verdict> verdicts = Map.of();

    PlanInputBuilder(
            String pipeline,
            World world,
            EngineWatcher engine,
            Permissions permissions,
            ContainerTracker tracker,
            UnresponsiveWatch unresponsive) {
        this.pipeline = pipeline;
        this.world = world;
        this.engine = engine;
        this.permissions = permissions;
        this.tracker = tracker;
        this.unresponsive = unresponsive;
    }

    /** Returns the last observation, null if there was none. */
    @Nullable EngineState observed() {
        return observed;
    }

    /** Returns the verdicts of the last observation, by container id. */
    Map<String, Verdict> verdicts() {
        return verdicts;
    }

    /** Returns what the engine's events say about the last stop of the container with this name. */
    String lastChange(String container) {
        var seen = observed;
        return seen == null
                ? ""
                : seen.containers().stream()
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
        verdicts = tracker.verdicts(seen);
        observed = seen;
        unresponsive.look(seen);
        return input(o, o.policy(), seen);
    }

    /** Observes the engine without remembering the result, for an operator's question. */
    public PlanInput peek(EngineTarget o) {
        return input(o, o.policy(), seen(o));
    }

    private EngineState seen(EngineTarget o) {
        return engine.look(pipeline, new TreeSet<>(Renderer.imagesOf(o.release())));
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
                                            r.container().equals(c.id())
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
        var today = world.secrets().hashes(o.release());
        var input =
                new PlanInput(
                        world.agent(),
                        o.release(),
                        o.commit(),
                        o.from(),
                        seen,
                        tracker.verdicts(seen),
                        today.hashes(),
                        Releases.specs(o.known()),
                        o.kept(),
                        permissions.externalVolumes(),
                        replace,
                        policy);
        return input.restarting(restarts(o, seen))
                .under(permissions.ofImages(o.release()))
                .accepting(today.earlier());
    }
}
