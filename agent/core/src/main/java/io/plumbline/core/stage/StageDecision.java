package io.plumbline.core.stage;

import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The decision of a stage in one pass. */
public sealed interface StageDecision {
    /** Time between two passes with nothing to do and no news. */
    Duration IDLE = Duration.ofSeconds(60);

    /** The stage has succeeded: the next one may begin. */
    record Succeed() implements StageDecision {}

    /**
     * The stage waits.
     *
     * @param again how long until the next pass, at most; news make it earlier
     * @param doing what it waits for, for display; empty for what the engines report
     * @param blocked the obstacle, for display; empty if there is none
     * @param hindered whether the obstacle stops a revert or rollback, so that a newer head may
     *     take its place
     */
    record Wait(Duration again, String doing, String blocked, boolean hindered)
            implements StageDecision {
        /** Waits for news. */
        public static Wait forNews() {
            return new Wait(IDLE, "", "", false);
        }

        /** Waits for something outside, and looks again after a while. */
        public static Wait forOutside(Duration again, String doing) {
            return new Wait(again, doing, "", false);
        }
    }

    /** An obstacle stops the deployment; nothing on the engines changes until it ends. */
    record Block(String why) implements StageDecision {}

    /** The deployment enters a state. The next pass follows at once. */
    record Enter(DeploymentState state, String reason) implements StageDecision {}

    /**
     * The stage begins something. The note is in the ledger before it begins, and the next pass
     * follows at once.
     *
     * @param note what begins; the stage finds it in its record
     * @param doing the same for display; may be empty
     */
    record Act(String note, String doing) implements StageDecision {}

    /** The release failed by its own fault: it is quarantined, and the pipeline reverts. */
    record Fail(String why, @Nullable Evidence evidence) implements StageDecision {}

    /** The deployment ends and the pipeline reverts, without a fault of the release. */
    record GiveUp(String why) implements StageDecision {}

    /**
     * Something that is not the release's fault is in the way: the deployment is tried again later.
     */
    record Postpone(String why) implements StageDecision {}
}
