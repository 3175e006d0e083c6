package io.plumbline.core.placement;

/**
 * Replicas that change their engine: they are started on the one before they are stopped on the
 * other, where that one can still be reached.
 *
 * @param service its name
 * @param from engine that they leave
 * @param to engine that they go to
 * @param replicas how many, at least 1
 * @param cause why
 * @param reason the same for people
 */
public record Move(
        String service, String from, String to, int replicas, Cause cause, String reason) {

    /** Why replicas move. */
    public enum Cause {
        /** The engine is lost. The only one that {@link MoveBreaker} counts and may refuse. */
        LOST,
        /** An operator drains the engine. */
        DRAINED,
        /** The manifest no longer chooses the engine. */
        NOT_CHOSEN,
        /** All services of strategy {@code failover} go to one engine. */
        TOGETHER
    }
}
