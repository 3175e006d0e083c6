package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one engine stands to the order that its lane was given last. Immutable.
 *
 * @param goal of the order it speaks of; null before the first look
 * @param standing in one word
 * @param why of a standing other than working and ready, for people
 * @param actions how many the plan has
 * @param troubles how many tries in a row failed by nobody's fault
 * @param secretsChanged whether a container runs with other than today's secrets
 * @param doing what is being waited for, empty if nothing
 * @param drift differences that no deployment made
 * @param contested what somebody else keeps changing, as a sentence; or null
 * @param observed what was seen, null if never
 * @param verdicts by container id
 * @param progressLeft of the deployment's deadline
 * @param at when it was looked, on the clock that only goes forward
 */
record LaneReport(
        LaneOrder.@Nullable Goal goal,
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

    /** How an engine stands to its order. */
    enum Standing {
        /** Not looked at yet. */
        LOOKING,
        /** There is something to do. */
        WORKING,
        /** Nothing is left to do. */
        READY,
        /** The release failed by its own fault. */
        FAULT,
        /** A person has to move something first. */
        BLOCKED,
        /** A try failed by nobody's fault; it is tried again. */
        TROUBLED,
        /** The engine does not answer. */
        AWAY
    }

    static LaneReport none() {
        return new LaneReport(
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

    /** The same where a pass failed in a way that nobody foresaw. */
    LaneReport failing(LaneOrder.@Nullable Goal towards, Throwable failure, long now) {
        return new LaneReport(
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
     * Whether it tells the same, apart from when, how much time is left, and the newest health
     * checks: those change all the time, and what they mean is in the verdicts.
     */
    boolean says(LaneReport other) {
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
