package io.plumbline.core.stage;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.StageRecord;
import java.time.Duration;

/**
 * What the agent has on record for the decision of a stage.
 *
 * @param state of the pipeline
 * @param deployment its newest deployment
 * @param release the release to bring to the engines; for a revert or rollback its target
 * @param back whether the deployment returns to an earlier release
 * @param record the stage's own record
 * @param waited how long the stage has waited, over all processes of the agent
 */
public record StageInput(
        PipelineState state,
        DeploymentRecord deployment,
        Release release,
        boolean back,
        StageRecord record,
        Duration waited) {}
