package io.plumbline.core.rollout;

import io.plumbline.core.verify.Verified;
import java.time.Duration;
import java.time.Instant;
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
 */
public record Deployment(
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

    /** Creates a deployment without evidence against it. */
    public Deployment(
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
    public Deployment(
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
    public Deployment in(DeploymentState next, String why) {
        return new Deployment(
                id,
                release,
                commit,
                from,
                next,
                why,
                by,
                trigger,
                target,
                attempt,
                retryIn,
                progressLeft,
                startedAt,
                finishedAt,
                verified,
                evidence);
    }

    /** Returns the same deployment as ended. */
    public Deployment finished(DeploymentState end, String why, Instant at) {
        return new Deployment(
                id,
                release,
                commit,
                from,
                end,
                why,
                by,
                trigger,
                target,
                attempt,
                null,
                progressLeft,
                startedAt,
                at,
                verified,
                evidence);
    }

    /** Returns the same deployment while it reverts to {@code to}; null for no release. */
    public Deployment reverting(@Nullable String to, String why, Duration deadline) {
        return new Deployment(
                id,
                release,
                commit,
                from,
                DeploymentState.REVERTING,
                why,
                by,
                trigger,
                to,
                attempt,
                null,
                deadline,
                startedAt,
                null,
                verified,
                evidence);
    }

    /** Returns the same deployment while it waits for its next attempt. */
    public Deployment retrying(String why, Duration in, Duration deadline) {
        return new Deployment(
                id,
                release,
                commit,
                from,
                DeploymentState.PENDING,
                why,
                by,
                trigger,
                target,
                attempt + 1,
                in,
                deadline,
                startedAt,
                null,
                verified,
                evidence);
    }

    /** Returns the same deployment with this rest of its progress deadline. */
    public Deployment left(Duration progress) {
        return new Deployment(
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
                progress,
                startedAt,
                finishedAt,
                verified,
                evidence);
    }

    /** Returns the same deployment with evidence against its release. */
    public Deployment with(Evidence against) {
        return new Deployment(
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
                against);
    }

    /** Whether it deploys the release that runs already: for a changed secret, or a restart. */
    public boolean sameRelease() {
        return trigger == Trigger.SECRET || trigger == Trigger.RESTART;
    }
}
