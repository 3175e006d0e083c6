package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the last pass over a pipeline left to be shown. Immutable.
 *
 * @param state as written
 * @param head what Git says
 * @param shown the release whose services are shown: the deployed, else the one on its way
 * @param observed what was seen, null if never
 * @param verdicts by container id
 * @param drift differences that no deployment made
 * @param contested the field that is fought over, or null
 * @param blocked why nothing can be done now, empty if it can
 * @param progress what is being done, empty if nothing
 * @param rollback where a rollback would go
 */
record Snapshot(
        PipelineState state,
        Head head,
        @Nullable Release shown,
        @Nullable EngineState observed,
        Map<String, Verdict> verdicts,
        List<Drift> drift,
        @Nullable String contested,
        String blocked,
        String progress,
        @Nullable RollbackTarget rollback) {}
