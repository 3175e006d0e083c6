package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * When a failed step is tried again.
 *
 * @param limit number of further attempts, at least 0
 * @param backoff pause before the first further attempt
 * @param factor by which each pause is longer than the one before, at least 1
 * @param maxDuration longest pause
 * @param on the failures after which it is tried again
 * @param exitCodes exit codes after which it is tried again, besides
 */
public record StepRetry(
        int limit,
        Duration backoff,
        double factor,
        Duration maxDuration,
        Set<On> on,
        List<Integer> exitCodes) {

    /** No further attempt. */
    public static final StepRetry NONE =
            new StepRetry(0, Duration.ofSeconds(10), 2, Duration.ofMinutes(5), Set.of(), List.of());

    /** A kind of failure. */
    public enum On {
        /** The process ended with an exit code other than 0. */
        ERROR,
        /** The kernel ended the process for memory. */
        OOM,
        /** The engine lost the container. Such attempts do not count against the limit. */
        ENGINE_LOST
    }
}
