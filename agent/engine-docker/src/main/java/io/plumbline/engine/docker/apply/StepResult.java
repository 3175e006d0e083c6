package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.Evidence;
import io.plumbline.engine.docker.live.LiveContainer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The result of one step of a plan.
 *
 * @param again how long to wait for mail before the next step
 * @param doing what the step waits for, empty if nothing
 * @param fault evidence against the release; null if there is none
 * @param container the container of the evidence; null without evidence
 * @param progressed whether an action was done that resets the count of failed attempts
 */
record StepResult(
        Duration again,
        String doing,
        @Nullable Evidence fault,
        @Nullable LiveContainer container,
        boolean progressed) {
    /** Time between two observations during a wait. */
    static final Duration TICK = Duration.ofMillis(250);

    /** Returns the result of a step that changed something: the next one follows at once. */
    static StepResult done() {
        return new StepResult(Duration.ZERO, "", null, null, true);
    }

    /** Returns the result of a step that changed nothing: the next one follows at once. */
    static StepResult unchanged() {
        return waiting(Duration.ZERO, "");
    }

    static StepResult waiting(Duration again, String doing) {
        return new StepResult(again, doing, null, null, false);
    }

    static StepResult failed(Evidence fault, LiveContainer container) {
        return new StepResult(TICK, "", fault, container, false);
    }
}
