package io.plumbline.core.status;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Observation;
import org.jspecify.annotations.Nullable;

/**
 * One engine of a pipeline.
 *
 * @param engine its reachability
 * @param stale whether the observation is older than two relist intervals
 * @param release the services that it should run, with their replicas there; null if there is no
 *     release
 * @param observed the replicas, null if there was no observation
 */
public record Site(
        PipelineStatus.EngineStatus engine,
        boolean stale,
        @Nullable Release release,
        @Nullable Observation observed) {

    /** Whether it should run a replica. */
    public boolean wanted() {
        return release != null && release.services().stream().anyMatch(s -> s.replicas() > 0);
    }
}
