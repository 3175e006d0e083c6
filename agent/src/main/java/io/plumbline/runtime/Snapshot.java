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
 * @param looks what was seen on each engine that concerns it
 * @param drift differences that no deployment made
 * @param contested what somebody else keeps changing, as a sentence; or null
 * @param blocked why nothing can be done now, empty if it can
 * @param progress what is being done, empty if nothing
 * @param headNote what there is to add about a head that is refused or not rendered; may be empty
 * @param rollback where a rollback would go
 */
record Snapshot(
        PipelineState state,
        Head head,
        List<Look> looks,
        List<Drift> drift,
        @Nullable String contested,
        String blocked,
        String progress,
        String headNote,
        @Nullable RollbackTarget rollback) {

    /**
     * What was seen on an engine.
     *
     * @param engine its name
     * @param release whose services are shown: what it is to run there; null if there is none
     * @param observed what was seen, null if never
     * @param verdicts by container id
     */
    record Look(
            String engine,
            @Nullable Release release,
            @Nullable EngineState observed,
            Map<String, Verdict> verdicts) {}
}
