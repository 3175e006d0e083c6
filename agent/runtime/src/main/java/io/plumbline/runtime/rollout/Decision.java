package io.plumbline.runtime.rollout;

import io.plumbline.core.rollout.Transition;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a phase decided in one pass. The reconciler carries it out.
 *
 * @param leg what is remembered for the next pass
 * @param transition the change of the state; null if there is none
 * @param again how long to wait for the next pass, at most
 * @param blocked what blocks the pipeline, for display; empty if nothing does
 * @param doing what the pipeline waits for, for display; empty for what its engines wait for
 * @param hindered whether an obstacle stops the revert or rollback
 */
record Decision(
        Leg leg,
        @Nullable Transition transition,
        Duration again,
        String blocked,
        String doing,
        boolean hindered) {
    /** Time between two passes with nothing to do and no mail. */
    static final Duration IDLE = Duration.ofSeconds(60);

    /** Time between two looks at something that lasts. */
    static final Duration TICK = Duration.ofMillis(250);

    /** Waits for news, at most until the next idle pass. */
    static Decision wait(Leg leg) {
        return wait(leg, IDLE);
    }

    static Decision wait(Leg leg, Duration again) {
        return new Decision(leg, null, again, "", "", false);
    }

    /** Makes the next pass at once. */
    static Decision now(Leg leg) {
        return wait(leg, Duration.ZERO);
    }

    /** Changes the state and makes the next pass at once. */
    static Decision write(Leg leg, Transition transition) {
        return now(leg).and(transition);
    }

    /** The same, and this change of the state. */
    Decision and(Transition more) {
        return new Decision(leg, more, again, blocked, doing, hindered);
    }

    Decision blocked(String why) {
        return new Decision(leg, transition, again, why, doing, hindered);
    }

    Decision doing(String what) {
        return new Decision(leg, transition, again, blocked, what, hindered);
    }

    Decision hindered(boolean so) {
        return new Decision(leg, transition, again, blocked, doing, so);
    }

    Decision atMost(Duration due) {
        return again.compareTo(due) < 0
                ? this
                : new Decision(leg, transition, due, blocked, doing, hindered);
    }
}
