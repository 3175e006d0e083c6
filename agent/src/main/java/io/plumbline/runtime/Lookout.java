package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.DriftFinder;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Planner;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Line;
import io.plumbline.core.rollout.PipelineState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the engine for one pipeline and puts together what a plan is made of. One thread only.
 */
final class Lookout {
    private final String pipeline;
    private final World world;
    private final Set<String> externalVolumes;
    private final Journal journal;
    private final Releases releases;
    private final ContainerTracker tracker;
    private final Set<String> replaced = new HashSet<>();
    private @Nullable EngineState observed;
    private Map<String, Verdict> verdicts = Map.of();

    Lookout(
            String pipeline,
            World world,
            Set<String> externalVolumes,
            Journal journal,
            Releases releases,
            ContainerTracker tracker) {
        this.pipeline = pipeline;
        this.world = world;
        this.externalVolumes = externalVolumes;
        this.journal = journal;
        this.releases = releases;
        this.tracker = tracker;
    }

    /** What the last look saw, null if there was none. */
    @Nullable EngineState observed() {
        return observed;
    }

    /** Verdicts of the last look, by container id. */
    Map<String, Verdict> verdicts() {
        return verdicts;
    }

    /** A container is to be made anew, whatever it looks like. */
    void replace(String containerId) {
        replaced.add(containerId);
    }

    /** Another leg of the way: nothing is to be made anew any more. */
    void forget() {
        replaced.clear();
    }

    PlanInput look(Release release, PlanPolicy policy, PipelineState state) {
        return look(release, policy, state, kept(release, state));
    }

    PlanInput look(Release release, PlanPolicy policy, PipelineState state, List<Release> kept) {
        var images = new TreeSet<>(Renderer.imagesOf(release));
        var seen = world.engine().look(pipeline, images);
        tracker.retain(seen);
        verdicts = tracker.verdicts(seen);
        observed = seen;
        return input(release, policy, state, kept, seen);
    }

    private List<Release> kept(Release release, PipelineState state) {
        return releases.all(Line.kept(state, release.id(), release.rollout().keep()));
    }

    /** A plan for a release from what is there now, for people. */
    Plan preview(Release release, PlanPolicy policy) {
        var state = journal.state();
        var images = new TreeSet<>(Renderer.imagesOf(release));
        var seen = world.engine().look(pipeline, images);
        return Planner.plan(input(release, policy, state, kept(release, state), seen));
    }

    /** Drift of the deployed release from what is there now. */
    List<Drift> driftNow(Release release) {
        var state = journal.state();
        var seen = world.engine().look(pipeline, new TreeSet<>(Renderer.imagesOf(release)));
        return DriftFinder.find(input(release, PlanPolicy.STEADY, state, List.of(), seen));
    }

    private PlanInput input(
            Release release,
            PlanPolicy policy,
            PipelineState state,
            List<Release> kept,
            EngineState seen) {
        var known = new ArrayList<>(kept);
        var deployed = releases.find(state.deployed());
        if (deployed != null) {
            known.add(deployed);
        }
        var d = state.deployment();
        var other = d == null ? null : releases.find(d.release());
        if (other != null) {
            known.add(other);
        }
        known.add(release);
        var replace = new HashSet<>(state.condemned());
        replace.addAll(replaced);
        return new PlanInput(
                world.agent(),
                release,
                releases.commitOf(release.id()),
                state.deployed() == null ? "" : state.deployed(),
                seen,
                tracker.verdicts(seen),
                world.secrets().hashes(release).hashes(),
                Releases.specs(known),
                kept,
                externalVolumes,
                replace,
                policy);
    }
}
