package io.plumbline.runtime.state;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.Observation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a pipeline after its last pass, for display. Immutable.
 *
 * @param state as written
 * @param head the state of the head
 * @param looks the observation of each engine that concerns it
 * @param drift differences that no deployment caused
 * @param contested the contested field, as a sentence; or null
 * @param blocked why the pipeline cannot act now, empty if it can
 * @param progress the current activity, empty if there is none
 * @param headNote a note about a head that is refused or not rendered; may be empty
 * @param rollback the target of a rollback
 */
public record Snapshot(
        PipelineState state,
        Head head,
        List<Look> looks,
        List<FieldDrift> drift,
        @Nullable String contested,
        String blocked,
        String progress,
        String headNote,
        @Nullable RollbackTarget rollback) {

    /**
     * The observation of an engine.
     *
     * @param engine its name
     * @param release the services that it should run; null if there is no release
     * @param observed the replicas, null if there was no observation
     */
    public record Look(String engine, @Nullable Release release, @Nullable Observation observed) {}
}
