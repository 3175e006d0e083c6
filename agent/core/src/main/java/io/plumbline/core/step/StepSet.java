package io.plumbline.core.step;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.Gate;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Placement;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The resolved steps and gates of a commit. Commits with equal steps and gates have the same set,
 * and what failed once is not begun again for another such commit.
 *
 * @param id {@code v1:<hash>} of all the rest but the placement
 * @param pipeline the pipeline's name on engines
 * @param steps in the order of the manifest
 * @param gates in the order of the manifest
 * @param placement the engines on which steps may run
 * @param params the values of the parameters that steps take, by name
 */
public record StepSet(
        String id,
        String pipeline,
        List<StepSpec> steps,
        List<Gate> gates,
        Placement placement,
        SortedMap<String, String> params) {

    /**
     * Returns the containers of the steps as a release, for checks of what a repository may run. It
     * has no id and is never deployed.
     *
     * @param of the pipeline of these steps
     */
    public Release asRelease(Pipeline of) {
        return new Release(
                "",
                pipeline,
                of.metadata().labels(),
                of.drift(),
                of.rollout(),
                steps.stream().map(StepSpec::workload).toList(),
                placement,
                of.images());
    }

    /** Returns the step of this name. */
    public Optional<StepSpec> step(String name) {
        return steps.stream().filter(s -> s.name().equals(name)).findFirst();
    }
}
