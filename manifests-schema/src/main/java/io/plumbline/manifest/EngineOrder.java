package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.rollout.engines}: the order in which engines receive a release. The first ones are
 * the canary for the others.
 *
 * @param order names, in their order; engines that are not named follow in the order of the agent's
 *     configuration. Null if a label groups them, or nothing does
 * @param byLabel the label whose values form groups, which follow one after the other; null for
 *     none
 * @param maxParallel number of engines that receive the release at the same time, within a group;
 *     at least 1, the default
 * @param pause wait after some engines are healthy, before the next begin; default 0 s
 * @param onUnreachable default {@link OnUnreachable#WAIT}
 */
public record EngineOrder(
        @Nullable List<String> order,
        @Nullable String byLabel,
        int maxParallel,
        Duration pause,
        OnUnreachable onUnreachable) {

    /** The meaning of {@code engines: {}}: one after the other, in the configuration's order. */
    public static final EngineOrder DEFAULT =
            new EngineOrder(null, null, 1, Duration.ZERO, OnUnreachable.WAIT);

    /** The handling of an engine that is not reachable at its turn. */
    public enum OnUnreachable {
        /** Waits for it. The default. */
        WAIT,
        /**
         * Continues without it if {@code minEngines} engines remain; it follows when it returns.
         */
        PROCEED,
        /** Fails the release, and rolls back all engines that received it. */
        FAIL
    }
}
