package io.plumbline.core.rollout;

import java.time.Instant;

/**
 * A release that is never deployed again by itself.
 *
 * @param release its id; empty where the commit could not even be resolved
 * @param source hash of the source that could not be resolved; else empty
 * @param commit the commit that was deployed or tried
 * @param cause why it is here
 * @param reason for people
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

    /** How it came into quarantine, for people: {@code rolled back by anna, who says: ...}. */
    public String told() {
        return switch (cause) {
            case FAILED -> "failed: " + reason;
            case ROLLED_BACK ->
                    "rolled back by " + by + (reason.isEmpty() ? "" : ", who says: " + reason);
        };
    }

    /** How a release came into quarantine. */
    public enum Cause {
        /** It failed by its own fault. */
        FAILED("failed"),
        /** An operator rolled back from it. */
        ROLLED_BACK("rolledBack");

        private final String word;

        Cause(String word) {
            this.word = word;
        }

        /** As the JSON of the API spells it. */
        public String word() {
            return word;
        }
    }
}
