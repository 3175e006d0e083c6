package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.rollout.engines}: in which order engines take a release. Those that come first are
 * the canary of the rest.
 *
 * @param order names, first ones first; engines that it does not name follow in the order of the
 *     agent's configuration. Null where a label groups them, or nothing
 * @param byLabel the label whose values make groups, one group after the other; null for none
 * @param maxParallel how many engines take the release at the same time, within a group; at least
 *     1, the default
 * @param pause how long to wait after some engines are healthy before the next begin; default 0 s
 * @param onUnreachable default {@link OnUnreachable#WAIT}
 */
public record EngineOrder(
        @Nullable List<String> order,
        @Nullable String byLabel,
        int maxParallel,
        Duration pause,
        OnUnreachable onUnreachable) {

    /** What {@code engines: {}} means: one after the other, in the configuration's order. */
    public static final EngineOrder DEFAULT =
            new EngineOrder(null, null, 1, Duration.ZERO, OnUnreachable.WAIT);

    /** What a release does about an engine that cannot be reached when its turn comes. */
    public enum OnUnreachable {
        /** Waits for it. The default. */
        WAIT,
        /** Goes on without it, if {@code minEngines} engines are left; it follows on return. */
        PROCEED,
        /** Fails, and goes back on all engines that had taken it. */
        FAIL
    }
}
