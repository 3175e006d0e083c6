package io.plumbline.engine.docker.health;

import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LastEnd;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The judge of containers, from the engine's reports and the agent's own probe. */
public final class HealthJudge {
    /** Number of restarts by the engine that a container may have before it is first healthy. */
    private static final int PATIENCE = 3;

    private static final String AFTER_HEALTHY = " after it was healthy";

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    /** More than the time between two checks by the agent. */
    private static final Duration BETWEEN_CHECKS = Duration.ofSeconds(5);

    private HealthJudge() {}

    /**
     * The results of the agent's own probe since the container's last start.
     *
     * @param passed whether the last probe with a result passed
     * @param failures successive probes that ran and failed
     * @param withoutResult successive probes that did not end in time or could not be run
     * @param failed the answer of the newest failed probe; null if there is none
     */
    public record Probed(
            boolean passed, int failures, int withoutResult, @Nullable CommandResult failed) {

        /** No probe yet. */
        public static final Probed NEVER = new Probed(false, 0);

        /** Creates results in which every probe had a result. */
        public Probed(boolean passed, int failures) {
            this(passed, failures, 0, null);
        }

        /**
         * Returns the results when the container became healthy; earlier failures no longer count.
         */
        public Probed sinceHealthy() {
            return new Probed(passed, 0, 0, null);
        }

        /** Returns the results after a probe that ran. */
        public Probed after(CommandResult result) {
            return result.passed()
                    ? new Probed(true, 0, 0, null)
                    : new Probed(false, failures + 1, 0, result);
        }

        /** Returns the results after the engine's own check had a result. */
        public Probed withResults() {
            return new Probed(passed, failures, 0, failed);
        }

        /**
         * Returns the results after a probe without a result. {@code retries} of them in a row
         * cancel an earlier pass.
         */
        public Probed afterNoResult(int retries) {
            int now = withoutResult + 1;
            return new Probed(passed && now < retries, failures, now, failed);
        }
    }

    /** Whether the container has a check, from the manifest or from its image. */
    public static boolean hasCheck(LiveContainer c) {
        var check = c.config().healthcheck();
        return check != null && !check.test().isEmpty() && !check.test().getFirst().equals("NONE");
    }

    /**
     * Returns the current verdict of a container. The engine's checks decide. The agent's own probe
     * counts if the engine has no result yet, and against an older failure of the engine's check.
     *
     * @param probed the results of the agent's own probe since the container's last start
     * @param probedLast whether that probe is newer than the engine's newest check
     * @param stale whether the engine's newest check is too old to count
     */
    public static Verdict verdict(
            LiveContainer c, Probed probed, boolean probedLast, boolean stale) {
        if (c.state() != RunState.RUNNING) {
            return Verdict.WAITING;
        }
        if (!hasCheck(c) || (probedLast && probed.passed())) {
            return Verdict.HEALTHY;
        }
        if (stale) {
            return Verdict.UNKNOWN;
        }
        return switch (c.health()) {
            case HEALTHY -> Verdict.HEALTHY;
            case UNHEALTHY -> ran(c) ? Verdict.UNHEALTHY : Verdict.UNKNOWN;
            case STARTING, NONE -> probed.passed() ? Verdict.HEALTHY : Verdict.WAITING;
        };
    }

    /**
     * Whether the last check was run. A check that could not be run says nothing about the
     * container.
     */
    private static boolean ran(LiveContainer c) {
        var check = c.lastCheck();
        return check == null || check.ran();
    }

    /**
     * Returns how long the engine may report no new check before the last one no longer counts:
     * three times the interval and the timeout, plus two relists.
     *
     * @param relist time between two full observations
     */
    public static Duration freshFor(LiveContainer c, Duration relist) {
        var check = c.config().healthcheck();
        var interval = check == null ? Duration.ZERO : check.interval();
        var timeout = check == null ? Duration.ZERO : check.timeout();
        return orDefault(interval)
                .plus(orDefault(timeout))
                .multipliedBy(3)
                .plus(relist.multipliedBy(2));
    }

    /** Replaces zero with the engine's default for interval and timeout, which is 30 s. */
    private static Duration orDefault(Duration time) {
        return time.isZero() ? DEFAULT_TIMEOUT : time;
    }

    /**
     * Returns the evidence against a container that a deployment started. Doubtful evidence needs a
     * control container before it counts.
     *
     * @param restartsBefore the engine's restart count when the deployment started it
     * @param wasHealthy whether it was healthy since
     * @param lastEnd the last exit of its process, for one that runs again
     */
    public static Optional<Evidence> failure(
            LiveContainer c,
            Probed probed,
            int restartsBefore,
            boolean wasHealthy,
            LastEnd lastEnd) {
        int restarts = c.restartCount() - restartsBefore;
        if (c.oomKilled() && c.state() != RunState.RUNNING) {
            return Optional.of(ContainerEvidence.outOfMemory(c, restarts));
        }
        return switch (c.state()) {
            case EXITED, DEAD ->
                    Optional.of(
                            ContainerEvidence.ended(
                                    c, c.exitCode(), wasHealthy ? AFTER_HEALTHY : "", c.error()));
            case RESTARTING, RUNNING, PAUSED -> running(c, probed, restarts, wasHealthy, lastEnd);
            case CREATED, REMOVING -> Optional.empty();
        };
    }

    private static Optional<Evidence> running(
            LiveContainer c, Probed probed, int restarts, boolean wasHealthy, LastEnd lastEnd) {
        boolean again = restarts > 0 || c.state() == RunState.RESTARTING;
        boolean over = again && (wasHealthy || !hasCheck(c) || restarts >= PATIENCE);
        if (over && lastEnd.outOfMemory()) {
            return Optional.of(ContainerEvidence.outOfMemory(c, restarts));
        }
        if (over) {
            int code = c.exitCode() == 0 ? lastEnd.exitCode() : c.exitCode();
            var how = wasHealthy ? AFTER_HEALTHY : ", restarted " + times(restarts);
            return Optional.of(ContainerEvidence.ended(c, code, how, c.error()));
        }
        // The engine calls a restarting container unhealthy, whatever its checks said.
        boolean checked = c.state() != RunState.RESTARTING;
        return checked ? unhealthy(c, probed, wasHealthy) : Optional.empty();
    }

    static String times(int number) {
        return number == 1 ? "once" : number + " times";
    }

    private static Optional<Evidence> unhealthy(
            LiveContainer c, Probed probed, boolean wasHealthy) {
        boolean engineSays = c.health() == EngineHealth.UNHEALTHY && !probed.passed();
        var last = c.lastCheck();
        if (engineSays && last != null && !answeredNo(c, probed)) {
            // Checks without a result are no failures, even if they make the engine call it
            // unhealthy.
            return Optional.of(ContainerEvidence.withoutResult(c, last.failures(), timeout(c)));
        }
        if (engineSays || (wasHealthy && hasCheck(c) && probed.failures() >= retries(c))) {
            return Optional.of(ContainerEvidence.checkFailed(c, probed));
        }
        if (wasHealthy && hasCheck(c) && probed.withoutResult() >= retries(c)) {
            return Optional.of(
                    ContainerEvidence.withoutResult(c, probed.withoutResult(), timeout(c)));
        }
        return Optional.empty();
    }

    /**
     * Whether a container's check ran and failed: the agent's own probe, or the engine's newest
     * check.
     */
    public static boolean answeredNo(LiveContainer c, Probed probed) {
        var last = c.lastCheck();
        return probed.failures() > 0
                || (last == null
                        ? c.health() == EngineHealth.UNHEALTHY
                        : !last.passed() && last.exitCode() != CheckResult.WITHOUT_RESULT);
    }

    /**
     * Returns the number of successive checks without a result, because they did not end in time or
     * could not be run. The larger number of the agent's own probe and the engine counts.
     */
    public static int withoutResult(LiveContainer c, Probed probed) {
        var last = c.lastCheck();
        int engine =
                last == null || last.exitCode() != CheckResult.WITHOUT_RESULT
                        ? 0
                        : Math.max(1, last.failures());
        return Math.max(probed.withoutResult(), engine);
    }

    /**
     * Returns the number of successive failures that count, from the check or the engine's default.
     */
    public static int retries(LiveContainer c) {
        var check = c.config().healthcheck();
        return check == null || check.retries() == 0 ? 3 : check.retries();
    }

    /**
     * Returns the time after which a check of the agent that began after this moment has ended: one
     * that is under way may take its whole timeout, and the next one, a moment later, too.
     */
    public static Duration nextCheck(LiveContainer c) {
        return timeout(c).multipliedBy(2).plus(BETWEEN_CHECKS);
    }

    /** Returns the timeout of a check, from the check or the engine's default. */
    public static Duration timeout(LiveContainer c) {
        var check = c.config().healthcheck();
        return check == null || check.timeout().isZero() ? DEFAULT_TIMEOUT : check.timeout();
    }
}
