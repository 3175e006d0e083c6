package io.plumbline.runtime.apply;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The report of an engine reconciler on its last order. Immutable.
 *
 * @param goal the goal of that order; null before the first observation
 * @param standing the result in one word
 * @param why the reason if the standing is neither working nor ready, for display
 * @param actions number of actions in the plan
 * @param troubles number of successive attempts that failed without the release's fault
 * @param secretsChanged whether a container runs with older secrets than today's
 * @param doing what the engine reconciler waits for, empty if nothing
 * @param drift differences that no deployment caused
 * @param contested the contested field, as a sentence; or null
 * @param observed the observed state, null if there was no observation
 * @param verdicts by container id
 * @param progressLeft the rest of the progress deadline
 * @param at when the engine was observed, on the monotonic clock
 */
public record EngineProgress(
        EngineTarget.@Nullable Goal goal,
        Standing standing,
        String why,
        int actions,
        int troubles,
        boolean secretsChanged,
        String doing,
        List<Drift> drift,
        @Nullable String contested,
        @Nullable EngineState observed,
        Map<String, Verdict> verdicts,
        Duration progressLeft,
        long at) {

    /** The result of an engine reconciler's pass. */
    public enum Standing {
        /** The engine was not observed yet. */
        LOOKING,
        /** Actions are left to do. */
        WORKING,
        /** Nothing is left to do. */
        READY,
        /** The release failed by its own fault. */
        FAULT,
        /** An operator must remove an obstacle first. */
        BLOCKED,
        /** An attempt failed without the release's fault; it is retried. */
        TROUBLED,
        /** The engine does not answer. */
        AWAY
    }

    public static EngineProgress none() {
        return new EngineProgress(
                null,
                Standing.LOOKING,
                "",
                0,
                0,
                false,
                "",
                List.of(),
                null,
                null,
                Map.of(),
                Duration.ZERO,
                0);
    }

    /** Returns the same report after a pass that failed unexpectedly. */
    EngineProgress failing(EngineTarget.@Nullable Goal towards, Throwable failure, long now) {
        return new EngineProgress(
                towards,
                Standing.TROUBLED,
                "the agent failed: " + failure,
                actions,
                troubles + 1,
                secretsChanged,
                "",
                drift,
                contested,
                observed,
                verdicts,
                progressLeft,
                now);
    }

    /**
     * Whether another report says the same. The time, the rest of the deadline and the newest
     * health checks do not count: they change all the time, and the verdicts contain their meaning.
     */
    boolean says(EngineProgress other) {
        return Objects.equals(goal, other.goal)
                && standing == other.standing
                && why.equals(other.why)
                && actions == other.actions
                && troubles == other.troubles
                && secretsChanged == other.secretsChanged
                && doing.equals(other.doing)
                && drift.equals(other.drift)
                && Objects.equals(contested, other.contested)
                && Objects.equals(withoutChecks(observed), withoutChecks(other.observed))
                && verdicts.equals(other.verdicts);
    }

    private static @Nullable EngineState withoutChecks(@Nullable EngineState seen) {
        return seen == null ? null : seen.withoutChecks();
    }
}
