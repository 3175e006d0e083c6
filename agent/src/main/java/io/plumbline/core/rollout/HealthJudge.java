package io.plumbline.core.rollout;

import io.plumbline.core.observed.CheckResult;
import io.plumbline.core.observed.CommandResult;
import io.plumbline.core.observed.EngineHealth;
import io.plumbline.core.observed.LastEnd;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.plan.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Judges containers by what the engine reports and what the agent's own probe saw. */
public final class HealthJudge {
    /**
     * Restarts by the engine that a container may have before it was healthy for the first time.
     */
    private static final int PATIENCE = 3;

    private static final String AFTER_HEALTHY = " after it was healthy";

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    private HealthJudge() {}

    /**
     * What the agent's own probe saw since the container's last start.
     *
     * @param passed the last probe that had a result passed
     * @param failures probes in a row that ran and answered with a failure
     * @param withoutResult probes in a row that did not end in time or could not be run
     * @param failed what the newest probe with a failure answered; null if there is none
     */
    public record Probed(
            boolean passed, int failures, int withoutResult, @Nullable CommandResult failed) {

        /** Not probed yet. */
        public static final Probed NEVER = new Probed(false, 0);

        /** One whose probes all had a result. */
        public Probed(boolean passed, int failures) {
            this(passed, failures, 0, null);
        }

        /** The same when it became healthy: what failed while it started says nothing any more. */
        public Probed sinceHealthy() {
            return new Probed(passed, 0, 0, null);
        }

        /** The same after a probe that ran. */
        public Probed after(CommandResult result) {
            return result.passed()
                    ? new Probed(true, 0, 0, null)
                    : new Probed(false, failures + 1, 0, result);
        }

        /** The same where the engine's own check has had a result since. */
        public Probed withResults() {
            return new Probed(passed, failures, 0, failed);
        }

        /**
         * The same after a probe without a result: it says nothing, but as many as make a container
         * unhealthy leave nothing of a pass from before.
         */
        public Probed afterNoResult(int retries) {
            int now = withoutResult + 1;
            return new Probed(passed && now < retries, failures, now, failed);
        }
    }

    /** Whether it has a check at all, of the manifest or of its image. */
    public static boolean hasCheck(LiveContainer c) {
        var check = c.config().healthcheck();
        return check != null && !check.test().isEmpty() && !check.test().getFirst().equals("NONE");
    }

    /**
     * How a container stands now. The engine's checks decide. The agent's own probe counts where
     * the engine has no word yet, and against an older failure of the engine's check.
     *
     * @param probed what the agent's own probe saw since the container's last start
     * @param probedLast whether that probe is newer than the engine's newest check
     * @param stale whether the engine's newest check is too old to say anything
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

    /** A check that could not be run says nothing about the container. */
    private static boolean ran(LiveContainer c) {
        var check = c.lastCheck();
        return check == null || check.ran();
    }

    /**
     * For how long the engine may report no new check before the last one says nothing any more:
     * three times an interval and a timeout, and two looks at all containers.
     *
     * @param relist time between two looks
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

    /** The engine's own default for interval and timeout is 30 s. */
    private static Duration orDefault(Duration time) {
        return time.isZero() ? DEFAULT_TIMEOUT : time;
    }

    /**
     * What speaks against a container that a deployment started. Doubtful evidence needs a control
     * experiment before it counts.
     *
     * @param restartsBefore the engine's count when the deployment took it on
     * @param wasHealthy whether it was healthy since
     * @param lastEnd how its process ended last, for one that runs again
     */
    public static Optional<Evidence> failure(
            LiveContainer c,
            Probed probed,
            int restartsBefore,
            boolean wasHealthy,
            LastEnd lastEnd) {
        int restarts = c.restartCount() - restartsBefore;
        if (c.oomKilled() && c.state() != RunState.RUNNING) {
            return Optional.of(Evidence.outOfMemory(c, restarts));
        }
        return switch (c.state()) {
            case EXITED, DEAD ->
                    Optional.of(
                            Evidence.ended(
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
            return Optional.of(Evidence.outOfMemory(c, restarts));
        }
        if (over) {
            int code = c.exitCode() == 0 ? lastEnd.exitCode() : c.exitCode();
            var how = wasHealthy ? AFTER_HEALTHY : ", restarted " + times(restarts);
            return Optional.of(Evidence.ended(c, code, how, c.error()));
        }
        // An engine calls what does not run unhealthy, whatever its checks said.
        boolean checked = c.state() != RunState.RESTARTING;
        return checked ? unhealthy(c, probed, wasHealthy) : Optional.empty();
    }

    private static String times(int number) {
        return number == 1 ? "once" : number + " times";
    }

    private static Optional<Evidence> unhealthy(
            LiveContainer c, Probed probed, boolean wasHealthy) {
        boolean engineSays = c.health() == EngineHealth.UNHEALTHY && !probed.passed();
        var last = c.lastCheck();
        if (engineSays && last != null && !answeredNo(c, probed)) {
            // No result is no failure, however many of them make the engine call it unhealthy.
            return Optional.of(Evidence.withoutResult(c, last.failures(), timeout(c)));
        }
        if (engineSays || (wasHealthy && hasCheck(c) && probed.failures() >= retries(c))) {
            return Optional.of(Evidence.checkFailed(c, probed));
        }
        if (wasHealthy && hasCheck(c) && probed.withoutResult() >= retries(c)) {
            return Optional.of(Evidence.withoutResult(c, probed.withoutResult(), timeout(c)));
        }
        return Optional.empty();
    }

    /**
     * Whether a container's check ran and answered with a failure: the agent's own probe, or the
     * engine's newest check.
     */
    public static boolean answeredNo(LiveContainer c, Probed probed) {
        var last = c.lastCheck();
        return probed.failures() > 0
                || (last == null
                        ? c.health() == EngineHealth.UNHEALTHY
                        : !last.passed() && last.exitCode() != CheckResult.WITHOUT_RESULT);
    }

    /**
     * How many checks in a row had no result: they did not end in time or could not be run. By the
     * agent's own probe or by the engine, whichever saw more.
     */
    public static int withoutResult(LiveContainer c, Probed probed) {
        var last = c.lastCheck();
        int engine =
                last == null || last.exitCode() != CheckResult.WITHOUT_RESULT
                        ? 0
                        : Math.max(1, last.failures());
        return Math.max(probed.withoutResult(), engine);
    }

    /** How many results in a row count, by the check or by the engine's default. */
    public static int retries(LiveContainer c) {
        var check = c.config().healthcheck();
        return check == null || check.retries() == 0 ? 3 : check.retries();
    }

    /** Within what time a check has to end, by the check or by the engine's default. */
    public static Duration timeout(LiveContainer c) {
        var check = c.config().healthcheck();
        return check == null || check.timeout().isZero() ? DEFAULT_TIMEOUT : check.timeout();
    }
}
