package io.plumbline.core.step;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.StepCache;
import io.plumbline.manifest.StepInput;
import io.plumbline.manifest.StepOutput;
import io.plumbline.manifest.StepRetry;
import io.plumbline.manifest.StepTimeout;
import java.util.List;
import java.util.TreeSet;

/**
 * A resolved step: its image is a digest or an id, its files are their bytes' hashes. Its inputs
 * are not known yet.
 *
 * @param workload its container, without inputs; {@code dependsOn} names steps
 * @param inputs sorted by name
 * @param outputs sorted by name
 * @param timeout limits of its time
 * @param retry when a failed attempt is repeated
 * @param cache when an earlier result is taken
 * @param once whether it may never run twice for the same key
 */
public record StepSpec(
        ReleaseService workload,
        List<StepInput> inputs,
        List<StepOutput> outputs,
        StepTimeout timeout,
        StepRetry retry,
        StepCache cache,
        boolean once) {

    /** Returns the same step with another container. */
    StepSpec with(ReleaseService container) {
        return new StepSpec(container, inputs, outputs, timeout, retry, cache, once);
    }

    /** Returns the step's name. */
    public String name() {
        return workload.name();
    }

    /** Returns the names of the steps that must succeed first, sorted. */
    public List<String> after() {
        var all = new TreeSet<>(workload.dependsOn());
        inputs.forEach(i -> all.add(i.step()));
        return List.copyOf(all);
    }

    /** Whether an earlier result of an equal step is taken. */
    public boolean cached() {
        var said = cache.enabled();
        return said == null ? workload.spec().volumes().isEmpty() : said;
    }
}
