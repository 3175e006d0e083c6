package io.plumbline.engine.docker.health;

import io.plumbline.core.rollout.Evidence;
import io.plumbline.engine.docker.live.Ending;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import java.time.Duration;

/** The evidence that a container gives against its release. */
public final class ContainerEvidence {
    private ContainerEvidence() {}

    /** Creates evidence that the progress deadline ended while a container was not healthy. */
    public static Evidence noProgress(LiveContainer c, String after, String check) {
        return Evidence.of(
                Evidence.Kind.NO_PROGRESS,
                about(c) + "no progress for " + after + ", " + c.name() + " is not healthy",
                check.isEmpty() ? "agent" : "health check of " + c.name(),
                check);
    }

    /** Creates evidence that a check did not end in time, or could not be run. */
    public static Evidence withoutResult(LiveContainer c, int times, Duration timeout) {
        var last = c.lastCheck();
        return Evidence.of(
                Evidence.Kind.CHECK_WITHOUT_RESULT,
                about(c)
                        + HealthEvidence.kind(c.config().healthcheck())
                        + " had no result "
                        + times
                        + " times in a row",
                "health check of " + c.name(),
                last != null && !last.ran()
                        ? last.output()
                        : timeout.isZero() ? "" : "no answer within " + timeout.toMillis() + "ms");
    }

    /** Creates evidence that the health check ran and answered with a failure. */
    public static Evidence checkFailed(LiveContainer c, HealthJudge.Probed probed) {
        var last = c.lastCheck();
        var failed = probed.failed();
        return Evidence.of(
                Evidence.Kind.CHECK_FAILED,
                about(c) + HealthEvidence.newest(c, probed),
                "health check of " + c.name(),
                last != null && !last.passed()
                        ? last.output()
                        : failed == null ? "" : failed.output());
    }

    /**
     * Creates evidence that a process ended.
     *
     * @param how the end of the sentence, with a separator in front; may be empty
     * @param quote the engine's message; empty if there was none
     */
    public static Evidence ended(LiveContainer c, int exitCode, String how, String quote) {
        return Evidence.of(
                Evidence.Kind.PROCESS_ENDED,
                about(c) + "exited with code " + exitCode + how,
                "engine, of container " + c.name(),
                quote);
    }

    /** Creates evidence that the kernel ended a process for memory. */
    public static Evidence outOfMemory(LiveContainer c, int restarts) {
        return Evidence.of(
                Evidence.Kind.OUT_OF_MEMORY,
                about(c)
                        + Ending.forMemory(c)
                        + (restarts > 0 ? ", restarted " + HealthJudge.times(restarts) : ""),
                "engine, of container " + c.name(),
                "");
    }

    private static String about(LiveContainer c) {
        return c.label(Labels.SERVICE) + ": ";
    }
}
