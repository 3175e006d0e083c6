package io.plumbline.core.rollout;

import io.plumbline.core.observed.EngineHealth;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.plan.Verdict;
import java.util.Optional;

/** Judges containers by what the engine reports and what the agent's own probe saw. */
public final class HealthJudge {
    /**
     * Restarts by the engine that a container may have before it was healthy for the first time.
     */
    private static final int PATIENCE = 3;

    private HealthJudge() {}

    /**
     * What the agent's own probe saw since the container's last start.
     *
     * @param passed the last probe passed
     * @param failures failed probes in a row
     */
    public record Probed(boolean passed, int failures) {

        /** Not probed yet. */
        public static final Probed NEVER = new Probed(false, 0);
    }

    /** Whether it has a check at all, of the manifest or of its image. */
    public static boolean hasCheck(LiveContainer c) {
        var check = c.config().healthcheck();
        return check != null && !check.test().isEmpty() && !check.test().getFirst().equals("NONE");
    }

    /** How it stands now. */
    public static Verdict verdict(LiveContainer c, Probed probed) {
        if (c.state() != RunState.RUNNING) {
            return Verdict.WAITING;
        }
        if (!hasCheck(c)) {
            return Verdict.HEALTHY;
        }
        if (c.health() == EngineHealth.UNHEALTHY) {
            return probed.passed() ? Verdict.HEALTHY : Verdict.UNHEALTHY;
        }
        boolean healthy = c.health() == EngineHealth.HEALTHY || probed.passed();
        return healthy ? Verdict.HEALTHY : Verdict.WAITING;
    }

    /**
     * Whether a container that a deployment started has failed by its own fault, and how.
     *
     * @param restartsBefore the engine's count when the deployment took it on
     * @param wasHealthy whether it was healthy since
     * @param lastExit what its process ended with last, for one that runs again; 0 if not known
     */
    public static Optional<String> failure(
            LiveContainer c, Probed probed, int restartsBefore, boolean wasHealthy, int lastExit) {
        if (c.oomKilled() && c.state() != RunState.RUNNING) {
            return Optional.of(c.name() + " ran out of memory");
        }
        int restarts = c.restartCount() - restartsBefore;
        return switch (c.state()) {
            case EXITED, DEAD ->
                    Optional.of(c.name() + " exited with code " + c.exitCode() + said(c));
            case RESTARTING, RUNNING, PAUSED -> running(c, probed, restarts, wasHealthy, lastExit);
            case CREATED, REMOVING -> Optional.empty();
        };
    }

    private static Optional<String> running(
            LiveContainer c, Probed probed, int restarts, boolean wasHealthy, int lastExit) {
        if (wasHealthy && (restarts > 0 || c.state() == RunState.RESTARTING)) {
            return Optional.of(c.name() + " ended after it was healthy" + code(c, lastExit));
        }
        boolean again = restarts > 0 || c.state() == RunState.RESTARTING;
        if (again && (!hasCheck(c) || restarts >= PATIENCE)) {
            return Optional.of(
                    c.name()
                            + " does not stay up: restarted "
                            + restarts
                            + " times"
                            + code(c, lastExit));
        }
        // An engine calls what does not run unhealthy, whatever its checks said.
        boolean checked = c.state() != RunState.RESTARTING;
        if (checked && c.health() == EngineHealth.UNHEALTHY && !probed.passed()) {
            return Optional.of(c.name() + " is unhealthy: its health check fails");
        }
        if (wasHealthy && hasCheck(c) && probed.failures() >= retries(c)) {
            return Optional.of(
                    c.name()
                            + " is unhealthy: its health check failed "
                            + probed.failures()
                            + " times in a row");
        }
        return Optional.empty();
    }

    private static int retries(LiveContainer c) {
        var check = c.config().healthcheck();
        return check == null || check.retries() == 0 ? 3 : check.retries();
    }

    private static String code(LiveContainer c, int lastExit) {
        int code = c.exitCode() == 0 ? lastExit : c.exitCode();
        return code == 0 ? "" : ", last exit code " + code;
    }

    private static String said(LiveContainer c) {
        return c.error().isEmpty() ? "" : ": " + c.error();
    }
}
