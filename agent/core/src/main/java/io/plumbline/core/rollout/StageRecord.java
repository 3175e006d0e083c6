package io.plumbline.core.rollout;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The record of one stage of a deployment: how far the stage got. The ledger stores it with the
 * deployment, so that a restart of the agent does not begin the stage again.
 *
 * @param name the stage's name, unique within a deployment
 * @param state how far it got
 * @param reason why it waits, or why it failed, for display; empty if there is nothing to say
 * @param note the stage's own memory of what it has begun, such as the id of a run; empty for none
 * @param waited how long it has waited, by a monotonic clock; written with a delay
 * @param startedAt wall clock, for display only; null before it began
 * @param finishedAt wall clock, for display only; null before it ended
 */
public record StageRecord(
        String name,
        State state,
        String reason,
        String note,
        Duration waited,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt) {

    /** How far a stage got. */
    public enum State {
        /** It has not begun. */
        PENDING("Pending"),
        /** It is the stage at which the deployment is. */
        RUNNING("Running"),
        /** The next stage may follow. */
        SUCCEEDED("Succeeded"),
        /** It ended the deployment. */
        FAILED("Failed"),
        /** The deployment does not have it, or ended before it. */
        SKIPPED("Skipped"),
        /** The deployment ended meanwhile. */
        CANCELLED("Cancelled");

        private final String word;

        State(String word) {
            this.word = word;
        }

        /** Returns the word in the ledger and in the API's JSON. */
        public String word() {
            return word;
        }

        /** Parses {@link #word()}. */
        public static State parse(String word) {
            for (var s : values()) {
                if (s.word.equals(word)) {
                    return s;
                }
            }
            throw new IllegalArgumentException("no state of a stage " + word);
        }
    }

    /** Creates the record of a stage that has not begun. */
    public static StageRecord pending(String name) {
        return new StageRecord(name, State.PENDING, "", "", Duration.ZERO, null, null);
    }

    /** Creates the record of a stage that the deployment does not have. */
    public static StageRecord skipped(String name) {
        return new StageRecord(name, State.SKIPPED, "", "", Duration.ZERO, null, null);
    }

    /** Returns the record while the deployment is at this stage. */
    public StageRecord running(String why, Instant at) {
        var since = startedAt == null ? at : startedAt;
        return new StageRecord(name, State.RUNNING, why, note, waited, since, null);
    }

    /** Returns the record of the stage that succeeded. */
    public StageRecord succeeded(Instant at) {
        var since = startedAt == null ? at : startedAt;
        var end = state == State.SUCCEEDED && finishedAt != null ? finishedAt : at;
        return new StageRecord(name, State.SUCCEEDED, "", note, waited, since, end);
    }

    /** Returns the record of the stage that ended the deployment. */
    public StageRecord failed(String why, Instant at) {
        var since = startedAt == null ? at : startedAt;
        return new StageRecord(name, State.FAILED, why, note, waited, since, at);
    }

    /** Returns the record with this memory of the stage. */
    public StageRecord noted(String what) {
        return new StageRecord(name, state, reason, what, waited, startedAt, finishedAt);
    }

    /** Returns the record with this time for which the stage has waited. */
    public StageRecord waited(Duration time) {
        return new StageRecord(name, state, reason, note, time, startedAt, finishedAt);
    }

    /** Returns the record after the deployment has ended. */
    StageRecord ended(Instant at) {
        return switch (state) {
            case PENDING -> skipped(name);
            case RUNNING ->
                    new StageRecord(name, State.CANCELLED, reason, note, waited, startedAt, at);
            case SUCCEEDED, FAILED, SKIPPED, CANCELLED -> this;
        };
    }

    /** Returns the record for the next attempt of the deployment. */
    StageRecord again() {
        return switch (state) {
            case PENDING, RUNNING, FAILED, CANCELLED -> pending(name);
            case SUCCEEDED, SKIPPED -> this;
        };
    }
}
