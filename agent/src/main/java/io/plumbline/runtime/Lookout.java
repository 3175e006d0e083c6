package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Verdict;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks at one engine for one pipeline and puts together what a plan is made of. One thread only.
 */
final class Lookout {
    private final String pipeline;
    private final World world;
    private final EngineWatcher engine;
    private final Permissions permissions;
    private final ContainerTracker tracker;
    private final UnresponsiveWatch unresponsive;
    private final Set<String> replaced = new HashSet<>();
    private @Nullable EngineState observed;
    private Map<String, Verdict> verdicts = Map.of();

    Lookout(
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

    /** What the last look saw, null if there was none. */
    @Nullable EngineState observed() {
        return observed;
    }

    /** Verdicts of the last look, by container id. */
    Map<String, Verdict> verdicts() {
        return verdicts;
    }

    /** What the engine's events say of how a container of that name came to its last stop. */
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

    /** A container is to be made anew, whatever it looks like. */
    void replace(String containerId) {
        replaced.add(containerId);
    }

    /** Another leg of the way: nothing is to be made anew any more. */
    void forget() {
        replaced.clear();
    }

    /** Looks, and remembers what it saw. */
    PlanInput look(LaneOrder o) {
        var seen = seen(o);
        tracker.retain(seen);
        verdicts = tracker.verdicts(seen);
        observed = seen;
        unresponsive.look(seen);
        return input(o, o.policy(), seen);
    }

    /** Looks without remembering, for people who ask. */
    PlanInput peek(LaneOrder o) {
        return input(o, o.policy(), seen(o));
    }

    private EngineState seen(LaneOrder o) {
        return engine.look(pipeline, new TreeSet<>(Renderer.imagesOf(o.release())));
    }

    /** One that was started since it was ordered has had its restart. */
    private static Set<String> restarts(LaneOrder o, EngineState seen) {
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

    private PlanInput input(LaneOrder o, PlanPolicy policy, EngineState seen) {
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
