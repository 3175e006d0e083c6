package io.plumbline.manifest;

import java.util.List;

/**
 * A step of a manifest: a container that runs to its end before the services of a commit are
 * deployed.
 *
 * @param workload its container, with the meaning of the service keys that a step may have; one
 *     replica, {@link RestartPolicy#NO}; {@code dependsOn} names steps
 * @param inputs data that is copied into the container before its start
 * @param outputs data that is read from the container after its end
 * @param timeout limits of its time
 * @param retry when a failed attempt is repeated
 * @param cache when an earlier result is taken
 * @param once whether it may never run twice for the same key, not even if the engine was lost
 */
public record Step(
        Service workload,
        List<StepInput> inputs,
        List<StepOutput> outputs,
        StepTimeout timeout,
        StepRetry retry,
        StepCache cache,
        boolean once) {

    /** Returns the step's name, unique among steps and services of its pipeline. */
    public String name() {
        return workload.name();
    }
}
