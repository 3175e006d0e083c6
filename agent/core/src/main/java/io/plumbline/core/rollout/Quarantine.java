package io.plumbline.core.rollout;

import java.time.Instant;

/**
 * A release that the agent does not deploy again until an operator asks for it.
 *
 * @param release its id; empty if the commit could not be resolved
 * @param source hash of the source that could not be resolved; else empty
 * @param commit the commit that was deployed or tried
 * @param cause the cause
 * @param reason for display
 * @param by {@code agent} or an operator's name
 * @param at wall clock, for display only
 */
public record Quarantine(
        String release,
        String source,
        String commit,
        Cause cause,
        String reason,
        String by,
        Instant at) {

    /** Returns the cause for display: {@code rolled back by anna, who says: ...}. */
    public String told() {
        return switch (cause) {
            case FAILED -> "failed: " + reason;
            case ROLLED_BACK ->
                    "rolled back by " + by + (reason.isEmpty() ? "" : ", who says: " + reason);
        };
    }

    /** The cause of a quarantine. */
    public enum Cause {
        /** It failed by its own fault. */
        FAILED("failed"),
        /** An operator rolled back from it. */
        ROLLED_BACK("rolledBack");

        private final String word;

        Cause(String word) {
            this.word = word;
        }

        /** Returns the word in the API's JSON. */
        public String word() {
            return word;
        }
    }
}
