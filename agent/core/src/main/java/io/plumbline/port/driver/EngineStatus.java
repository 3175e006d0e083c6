package io.plumbline.port.driver;

import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.Observation;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an engine's driver reports on its last target. Immutable.
 *
 * @param goal the goal of that target; null before the first observation
 * @param standing the result in one word
 * @param why the reason if the standing is neither working nor ready, for display
 * @param actions number of actions in the plan
 * @param troubles number of successive attempts that failed without the release's fault
 * @param secretsChanged whether a replica runs with older secrets than today's
 * @param doing what the driver waits for, empty if nothing
 * @param drift differences that no deployment caused
 * @param contested the contested field, as a sentence; or null
 * @param observed the replicas, null if there was no observation
 * @param progressLeft the rest of the progress deadline
 * @param at when the engine was observed, on the monotonic clock
 */
public record EngineStatus(
        EngineTarget.@Nullable Goal goal,
        Standing standing,
        String why,
        int actions,
        int troubles,
        boolean secretsChanged,
        String doing,
        List<FieldDrift> drift,
        @Nullable String contested,
        @Nullable Observation observed,
        Duration progressLeft,
        long at) {

    /**
     * Number of attempts that fail without the release's fault before the earlier release is
     * restored.
     */
    public static final int QUICK_TRIES = 3;

    /** The result in one word. */
    public enum Standing {
        /** The engine was not observed yet. */
        LOOKING,
        /** Actions are left to do. */
        WORKING,
        /**
         * The replicas of the target serve, and no other replica gets new requests. Only clean-up
         * is left: what ran before is stopped, after its clients have left. A driver may report it
         * for a {@link io.plumbline.core.rollout.Directive.GoBack} of a deployment, so that a
         * rollback need not wait for it.
         */
        SERVING,
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

    /** Returns the status before the first observation. */
    public static EngineStatus none() {
        return new EngineStatus(
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
                Duration.ZERO,
                0);
    }

    /** Returns the same report after a pass that failed unexpectedly. */
    public EngineStatus failing(EngineTarget.@Nullable Goal towards, Throwable failure, long now) {
        return new EngineStatus(
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
                progressLeft,
                now);
    }

    /**
     * Whether another report says the same. The time, the rest of the deadline and the newest
     * health checks do not count: they change all the time, and the verdicts contain their meaning.
     */
    public boolean says(EngineStatus other) {
        return Objects.equals(goal, other.goal)
                && standing == other.standing
                && why.equals(other.why)
                && actions == other.actions
                && troubles == other.troubles
                && secretsChanged == other.secretsChanged
                && doing.equals(other.doing)
                && drift.equals(other.drift)
                && Objects.equals(contested, other.contested)
                && Objects.equals(withoutChecks(observed), withoutChecks(other.observed));
    }

    private static @Nullable Observation withoutChecks(@Nullable Observation seen) {
        return seen == null ? null : seen.withoutChecks();
    }
}
