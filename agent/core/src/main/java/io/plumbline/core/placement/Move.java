package io.plumbline.core.placement;

/**
 * A move of replicas to another engine. They start on the new engine before they stop on the old
 * one, if that one can be reached.
 *
 * @param service its name
 * @param from the old engine
 * @param to the new engine
 * @param replicas how many, at least 1
 * @param cause the cause
 * @param reason the cause, for display
 */
public record Move(
        String service, String from, String to, int replicas, Cause cause, String reason) {

    /** The cause of a move. */
    public enum Cause {
        /**
         * The engine is lost. Only this cause is counted, and may be refused, by {@link
         * MoveBreaker}.
         */
        LOST,
        /** An operator drains the engine. */
        DRAINED,
        /** The manifest no longer chooses the engine. */
        NOT_CHOSEN,
        /** All services of strategy {@code failover} move to one engine. */
        TOGETHER
    }
}
