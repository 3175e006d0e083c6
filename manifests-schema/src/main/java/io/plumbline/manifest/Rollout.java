package io.plumbline.manifest;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.rollout}.
 *
 * @param soak how long all services must stay healthy before the release is stable; default 30 s
 * @param progressDeadline how long starting and judging may take, anew with each service that
 *     becomes healthy; default 10 min
 * @param pullDeadline how long pulling one image may take; default 30 min
 * @param pruneGrace how long a pipeline that left Git runs on before it is stopped, and as long
 *     again before it is removed; default 10 min
 * @param onFailure default {@link OnFailure#ROLLBACK}
 * @param keep how many earlier stable releases keep their stopped containers, at least 0; default 2
 * @param irreversible older releases cannot run on the data of this one
 * @param engines in which order engines take a release; null for all at once, where an unreachable
 *     one is waited for
 * @param atomic names stay with the old release on all engines until the new one is ready on all
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

    /** What holds where a manifest says nothing. */
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
