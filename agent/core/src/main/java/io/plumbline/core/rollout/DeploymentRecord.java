package io.plumbline.core.rollout;

import io.plumbline.core.verify.Verified;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to bring a release to its engines.
 *
 * @param id unique in the ledger, {@code d-<number>}, rising
 * @param release the release to deploy; for a rollback its target
 * @param commit the commit that renders it
 * @param from the release deployed before, or null
 * @param state the current state
 * @param reason the reason of the state, for display; never a secret's value
 * @param by {@code agent} or an operator's name
 * @param trigger the cause of the deployment
 * @param target the target of a revert or rollback; null if there is none
 * @param attempt from 1; rises with each retry after a failure that was not the release's own
 * @param retryIn the wait before the next attempt, as written when it was set; null if none
 * @param progressLeft the rest of the progress deadline
 * @param startedAt wall clock, for display only
 * @param finishedAt wall clock, for display only; null while it is active
 * @param verified the signature that let the commit pass; null if none was required
 * @param evidence evidence against the release; null if there is none
 * @param stages the records of its stages, in their order; empty before the first pass, and if an
 *     earlier version wrote the deployment
 */
public record DeploymentRecord(
        String id,
        String release,
        String commit,
        @Nullable String from,
        DeploymentState state,
        String reason,
        String by,
        Trigger trigger,
        @Nullable String target,
        int attempt,
        @Nullable Duration retryIn,
        Duration progressLeft,
        Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable Verified verified,
        @Nullable Evidence evidence,
        List<StageRecord> stages) {

    /** Copies the list. */
    public DeploymentRecord {
        stages = List.copyOf(stages);
    }

    /** Creates a deployment that has not begun a stage. */
    public DeploymentRecord(
            String id,
            String release,
            String commit,
            @Nullable String from,
            DeploymentState state,
            String reason,
            String by,
            Trigger trigger,
            @Nullable String target,
            int attempt,
            @Nullable Duration retryIn,
            Duration progressLeft,
            Instant startedAt,
            @Nullable Instant finishedAt,
            @Nullable Verified verified,
            @Nullable Evidence evidence) {
        this(
                id,
                release,
                commit,
                from,
                state,
                reason,
                by,
                trigger,
                target,
                attempt,
                retryIn,
                progressLeft,
                startedAt,
                finishedAt,
                verified,
                evidence,
                List.of());
    }

    /** Creates a deployment without evidence against it. */
    public DeploymentRecord(
            String id,
            String release,
            String commit,
            @Nullable String from,
            DeploymentState state,
            String reason,
            String by,
            Trigger trigger,
            @Nullable String target,
            int attempt,
            @Nullable Duration retryIn,
            Duration progressLeft,
            Instant startedAt,
            @Nullable Instant finishedAt,
            @Nullable Verified verified) {
        this(
                id,
                release,
                commit,
                from,
                state,
                reason,
                by,
                trigger,
                target,
                attempt,
                retryIn,
                progressLeft,
                startedAt,
                finishedAt,
                verified,
                null);
    }

    /** Creates a deployment of a commit that needs no signature. */
    public DeploymentRecord(
            String id,
            String release,
            String commit,
            @Nullable String from,
            DeploymentState state,
            String reason,
            String by,
            Trigger trigger,
            @Nullable String target,
            int attempt,
            @Nullable Duration retryIn,
            Duration progressLeft,
            Instant startedAt,
            @Nullable Instant finishedAt) {
        this(
                id,
                release,
                commit,
                from,
                state,
                reason,
                by,
                trigger,
                target,
                attempt,
                retryIn,
                progressLeft,
                startedAt,
                finishedAt,
                null);
    }

    /**
     * Returns the reason of the state for display. The reason of a rollback is quoted as the
     * operator's.
     */
    public String told() {
        if (trigger != Trigger.ROLLBACK || state == DeploymentState.REVERT_FAILED) {
            return reason;
        }
        return "rolled back by " + by + (reason.isEmpty() ? "" : ", who says: " + reason);
    }

    /** Whether the deployment is active. */
    public boolean active() {
        return !state.finished();
    }

    /** Returns the same deployment in another state. */
    public DeploymentRecord in(DeploymentState next, String why) {
        return with(
                x -> {
                    x.state = next;
                    x.reason = why;
                });
    }

    /** Returns the same deployment as ended. */
    public DeploymentRecord finished(DeploymentState end, String why, Instant at) {
        return with(
                x -> {
                    x.state = end;
                    x.reason = why;
                    x.retryIn = null;
                    x.finishedAt = at;
                    x.stages = stages.stream().map(r -> r.ended(at)).toList();
                });
    }

    /** Returns the same deployment while it reverts to {@code to}; null for no release. */
    public DeploymentRecord reverting(@Nullable String to, String why, Duration deadline) {
        return with(
                x -> {
                    x.state = DeploymentState.REVERTING;
                    x.reason = why;
                    x.target = to;
                    x.retryIn = null;
                    x.progressLeft = deadline;
                    x.finishedAt = null;
                });
    }

    /** Returns the same deployment with its stages ended. */
    DeploymentRecord endedStages(Instant at) {
        return with(stages.stream().map(r -> r.ended(at)).toList());
    }

    /**
     * Returns the same deployment while it waits for its next attempt. Stages that succeeded stay
     * so.
     */
    public DeploymentRecord retrying(String why, Duration in, Duration deadline) {
        return with(
                x -> {
                    x.state = DeploymentState.PENDING;
                    x.reason = why;
                    x.attempt = attempt + 1;
                    x.retryIn = in;
                    x.progressLeft = deadline;
                    x.finishedAt = null;
                    x.stages = stages.stream().map(StageRecord::again).toList();
                });
    }

    /** Returns the same deployment at the begin of its next attempt. */
    DeploymentRecord retried() {
        return with(
                x -> {
                    x.state = DeploymentState.PENDING;
                    x.reason = "try " + attempt + " after: " + reason;
                    x.retryIn = null;
                    x.finishedAt = null;
                    x.evidence = null;
                });
    }

    /** Returns the same deployment with this rest of its progress deadline. */
    public DeploymentRecord left(Duration progress) {
        return with(x -> x.progressLeft = progress);
    }

    /** Returns the same deployment with evidence against its release. */
    public DeploymentRecord with(Evidence against) {
        return with(x -> x.evidence = against);
    }

    /** Returns the same deployment with these records of its stages. */
    public DeploymentRecord with(List<StageRecord> records) {
        return with(x -> x.stages = records);
    }

    /** Whether it deploys the release that runs already: for a changed secret, or a restart. */
    public boolean sameRelease() {
        return trigger == Trigger.SECRET || trigger == Trigger.RESTART;
    }

    private DeploymentRecord with(Changes changes) {
        var x = new Builder(this);
        changes.accept(x);
        return new DeploymentRecord(
                id,
                release,
                commit,
                from,
                x.state,
                x.reason,
                by,
                trigger,
                x.target,
                x.attempt,
                x.retryIn,
                x.progressLeft,
                startedAt,
                x.finishedAt,
                verified,
                x.evidence,
                x.stages);
    }

    private interface Changes extends Consumer<Builder> {}

    /** A mutable copy of what changes while a deployment goes on. */
    private static final class Builder {
        private DeploymentState state;
        private String reason;
        private @Nullable String target;
        private int attempt;
        private @Nullable Duration retryIn;
        private Duration progressLeft;
        private @Nullable Instant finishedAt;
        private @Nullable Evidence evidence;
        private List<StageRecord> stages;

        Builder(DeploymentRecord d) {
            state = d.state;
            reason = d.reason;
            target = d.target;
            attempt = d.attempt;
            retryIn = d.retryIn;
            progressLeft = d.progressLeft;
            finishedAt = d.finishedAt;
            evidence = d.evidence;
            stages = d.stages;
        }
    }
}
