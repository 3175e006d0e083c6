package io.plumbline.manifest;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.rollout}.
 *
 * @param soak time for which all services must stay healthy before the release is stable; default
 *     30 s
 * @param progressDeadline limit for starts and health checks; it begins again with each service
 *     that becomes healthy; default 10 min
 * @param pullDeadline limit for the pull of one image; default 30 min
 * @param pruneGrace time before a pipeline that was removed from Git is stopped, and the same time
 *     again before its containers are removed; default 10 min
 * @param onFailure default {@link OnFailure#ROLLBACK}
 * @param keep number of earlier stable releases whose stopped containers are kept, at least 0;
 *     default 2
 * @param irreversible whether older releases cannot run on the data of this one
 * @param engines the order in which engines receive a release; null for all at once, with a wait
 *     for unreachable ones
 * @param atomic whether names stay with the old release on all engines until the new one is ready
 *     on all
 */
public record Rollout(
        Duration soak,
        Duration progressDeadline,
        Duration pullDeadline,
        Duration pruneGrace,
        OnFailure onFailure,
        int keep,
        boolean irreversible,
        @Nullable EngineOrder engines,
        boolean atomic) {

    /** The value if the manifest does not give it. */
    public static final Rollout DEFAULT =
            new Rollout(
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(30),
                    Duration.ofMinutes(10),
                    OnFailure.ROLLBACK,
                    2,
                    false,
                    null,
                    false);
}
