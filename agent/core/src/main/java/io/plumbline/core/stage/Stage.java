package io.plumbline.core.stage;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * One stage of a deployment. A deployment passes its stages in their order; the next one begins
 * when the one before has succeeded. A stage is a pure function: it has no memory besides its
 * record in the ledger, and it does nothing itself.
 *
 * @param <F> the facts from outside that it decides on: reports of engines, an approval, a run's
 *     result
 */
public interface Stage<F> {

    /** Returns its name in the ledger and in the API's JSON, lower case, unique. */
    String name();

    /**
     * Decides what comes next. It is called in each pass while the deployment is at this stage.
     *
     * @param in what the agent has on record
     * @param facts what is known of the outside now
     */
    StageDecision decide(StageInput in, F facts);

    /**
     * Whether the deployment has this stage. If omitted, rollouts of a commit have it. Reverts,
     * rollbacks, restarts, changes of a secret and adopted pipelines do not.
     *
     * @param back whether the deployment returns to an earlier release
     */
    default boolean concerns(DeploymentRecord d, boolean back) {
        return !back && (d.trigger() == Trigger.GIT || d.trigger() == Trigger.RETRY);
    }

    /**
     * Whether it is decided again in each pass after it succeeded, because what it reached can be
     * lost. If omitted, a stage that succeeded is not asked again by the same deployment.
     */
    default boolean repeats() {
        return false;
    }

    /**
     * Returns the deployment's state while it waits at this stage; null if the stage chooses it by
     * {@link StageDecision.Enter}.
     */
    default @Nullable DeploymentState shown() {
        return DeploymentState.RUNNING;
    }
}
