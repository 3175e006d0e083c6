package io.plumbline.core.status;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.release.Release;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One engine as it concerns one pipeline.
 *
 * @param engine how it answers
 * @param stale whether what was seen is older than two relist intervals
 * @param release what it is to run there, with its replicas there; null if there is none
 * @param observed what was seen, null if never
 * @param verdicts by container id
 */
public record Site(
        PipelineStatus.EngineStatus engine,
        boolean stale,
        @Nullable Release release,
        @Nullable EngineState observed,
        Map<String, Verdict> verdicts) {

    /** Whether it is to run anything. */
    public boolean wanted() {
        return release != null && release.services().stream().anyMatch(s -> s.replicas() > 0);
    }
}
