package io.plumbline.core.rollout;

import io.plumbline.core.verify.Verified;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to bring a release onto its engines.
 *
 * @param id unique in the ledger, {@code d-<number>}, rising
 * @param release what it brings; of a rollback the release gone back to
 * @param commit that renders it
 * @param from the release deployed before, or null
 * @param state where it stands
 * @param reason why it stands there, for people; never a secret's value
 * @param by who asked: {@code agent} or an operator's name
 * @param trigger what made it begin
 * @param target while reverting, the release gone back to; null where there is none
 * @param attempt from 1; rises with each new try after a failure that was not the release's own
 * @param retryIn how long the next try has to wait, as written when it was set; null if none
 * @param progressLeft what is left of the progress deadline
 * @param startedAt wall clock, for display only
 * @param finishedAt wall clock, for display only; null while it is under way
 * @param verified whose signature let the commit through; null where none was asked for
 * @param evidence what speaks against the release that failed; null where nothing does
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

    /** One that nothing speaks against. */
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

    /** One of a commit whose signature was not asked for. */
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
     * Why it stands where it stands, for people: what an operator gave as the reason of a rollback
     * is told as the operator's words.
     */
    public String told() {
        if (trigger != Trigger.ROLLBACK || state == DeploymentState.REVERT_FAILED) {
            return reason;
        }
        return "rolled back by " + by + (reason.isEmpty() ? "" : ", who says: " + reason);
    }

    /** Whether it is under way. */
    public boolean active() {
        return !state.finished();
    }

    /** The same in another state. */
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

    /** The same, over. */
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

    /** The same, on its way back to {@code to}; null for nowhere. */
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

    /** The same, waiting for its next try. */
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

    /** The same with that much left of its progress deadline. */
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

    /** The same with what speaks against its release. */
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

    /** Whether it brings the release that runs anyway: for secrets, or a restart. */
    public boolean sameRelease() {
        return trigger == Trigger.SECRET || trigger == Trigger.RESTART;
    }
}
