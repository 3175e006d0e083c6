package io.plumbline.core.rollout;

import io.plumbline.core.release.Release;
import io.plumbline.manifest.OnFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The release state machine: from a state and an occurrence it computes the next state.
 *
 * <ol>
 *   <li>A head that renders another release than the deployed one begins a deployment. It does not
 *       if the pipeline is paused, held, or left the release at this very head, or if the release
 *       is quarantined or was tried already ({@link #follow}).
 *   <li>{@code Pending -> Planning -> Applying -> Verifying -> Stable}: the containers start, all
 *       become healthy, the soak ends. Until all are healthy a newer head supersedes the
 *       deployment; after that the head waits.
 *   <li>A failure by the release's own fault: {@code Reverting -> Reverted}, with the last stable
 *       release as the target. The failed release is quarantined at once. Without a target the
 *       deployment is {@code Failed}. Only a stable release is a target ({@link
 *       ReleaseHistory#target}).
 *   <li>Another failure: back to {@code Pending} with a wait. The earlier release is restored
 *       meanwhile, and nothing is quarantined.
 *   <li>An operator's rollback is a deployment of its own that begins in {@code Reverting} and ends
 *       {@code RolledBack}.
 *   <li>A revert that an engine or host hinders stays the goal until it succeeds. A newer head or
 *       an operator's command takes its place.
 *   <li>A revert whose target fails by its own fault is {@code RevertFailed}. The target stays the
 *       goal and is tried again; when it is healthy the deployment is {@code Reverted}.
 *   <li>An operator's rollback that fails is {@code RevertFailed}. The release before it is
 *       restored if it was stable, and its quarantine ends; else the target stays the goal.
 * </ol>
 *
 * <p>Invariants: at most one deployment is active. The release history only grows, and only by
 * releases that Git brought to stable. A release that is left by a rollback or a failure is
 * quarantined in the same write.
 */
public final class RolloutStateMachine {
    /** The value of {@code by} for actions of the agent. */
    public static final String AGENT = "agent";

    private RolloutStateMachine() {}

    /**
     * The facts of the moment.
     *
     * @param at wall clock, for display only
     * @param nextId id of a deployment that may begin now
     * @param retryDue whether the wait for the next attempt is over, or an operator asks for it
     * @param healthy whether all containers of the deployment are healthy, so that the soak runs
     * @param hindered whether an obstacle stops a revert or rollback now
     */
    public record Moment(
            Instant at, String nextId, boolean retryDue, boolean healthy, boolean hindered) {

        /** Creates a moment in which nothing hinders a revert or rollback. */
        public Moment(Instant at, String nextId, boolean retryDue, boolean healthy) {
            this(at, nextId, retryDue, healthy, false);
        }
    }

    /** Lets the state follow the head: begins, supersedes and resumes deployments. */
    public static Transition follow(PipelineState s, Head head, Moment now) {
        if (s.paused() != null) {
            return Transition.none(s);
        }
        var seen = seen(s, head);
        if (!(head instanceof Head.Ready ready)) {
            return retry(seen, now);
        }
        var active = seen.active();
        if (active.isPresent() && !mayBeSuperseded(active.get(), ready, now)) {
            return retry(seen, now);
        }
        if (whyNot(seen, ready) != null) {
            return retry(seen, now);
        }
        var before =
                active.map(
                                d ->
                                        superseded(
                                                seen,
                                                "superseded by " + shortCommit(ready.commit()),
                                                now))
                        .orElse(Transition.none(seen));
        if (ready.release().id().equals(seen.deployed()) && active.isEmpty()) {
            return before;
        }
        return before.then(begin(before.state(), ready, Trigger.GIT, AGENT, "", now));
    }

    /**
     * Returns why a head's release is not deployed, a sentence for display; null if it is deployed
     * or runs already.
     */
    public static @Nullable String whyNot(PipelineState s, Head.Ready head) {
        var id = head.release().id();
        boolean active = s.active().isPresent();
        if (id.equals(s.deployed()) && !active) {
            return null;
        }
        var word = s.hold();
        if (word != null) {
            return "held by " + word.by() + " until `plumb resume " + s.pipeline() + "`";
        }
        var quarantine = s.quarantineOf(id);
        if (quarantine.isPresent()) {
            return "the head renders "
                    + brief(id)
                    + ", which "
                    + told(quarantine.get(), head.commit())
                    + otherwise(s);
        }
        if (head.commit().equals(s.leftAt())) {
            return "rolled back at this head; the next commit is followed";
        }
        if (head.commit().equals(s.blockedHead())) {
            return "the ledger was lost and this head renders something else than what runs, it may"
                    + " be a bad one; push a newer commit, or run `plumb resume "
                    + s.pipeline()
                    + "` to deploy it";
        }
        var last = s.deployment();
        if (!active && last != null && last.release().equals(id) && endedBadly(last)) {
            return last.reason() + otherwise(s);
        }
        return null;
    }

    /** Returns how a release got its quarantine, and as which commit if that is not the head. */
    private static String told(Quarantine q, String head) {
        return switch (q.cause()) {
            case ROLLED_BACK -> "was " + q.told();
            case FAILED ->
                    "failed"
                            + (q.commit().isEmpty() || q.commit().equals(head)
                                    ? ""
                                    : " as "
                                            + q.commit()
                                                    .substring(0, Math.min(7, q.commit().length())))
                            + (q.reason().isEmpty() ? "" : ": " + q.reason());
        };
    }

    private static String otherwise(PipelineState s) {
        return "; push a commit that changes the release (a comment does not) or run `plumb retry "
                + s.pipeline()
                + "`";
    }

    private static String brief(String release) {
        return release.substring(0, Math.min(release.length(), release.indexOf(':') + 11));
    }

    /**
     * Whether the deployment's end counts against its release. A failed rollback does not count
     * against a commit that renders its target.
     */
    private static boolean endedBadly(DeploymentRecord d) {
        return switch (d.state()) {
            case FAILED, REVERTED -> true;
            case REVERT_FAILED -> d.trigger() != Trigger.ROLLBACK;
            case PENDING,
                    RESOLVING,
                    PLANNING,
                    RUNNING,
                    APPLYING,
                    VERIFYING,
                    STABLE,
                    SUPERSEDED,
                    REVERTING,
                    ROLLED_BACK ->
                    false;
        };
    }

    /** Returns the goal for the containers in this state. */
    public static Directive aim(PipelineState s) {
        if (s.paused() != null) {
            return new Directive.Leave();
        }
        if (s.gone() != PipelineState.Gone.NO) {
            var kept = s.deployed();
            return new Directive.Nothing(
                    s.gone() == PipelineState.Gone.STOPPED && kept != null
                            ? List.of(kept)
                            : List.of());
        }
        var active = s.active();
        if (active.isEmpty()) {
            return atRest(s);
        }
        var d = active.get();
        return switch (d.state()) {
            case REVERTING -> {
                var target = d.target();
                yield target == null
                        ? new Directive.Nothing(List.of(d.release()))
                        : new Directive.GoBack(target);
            }
            case PENDING -> d.retryIn() == null ? new Directive.RollOut(d.release()) : restore(s);
            case RESOLVING, PLANNING, RUNNING, APPLYING, VERIFYING ->
                    new Directive.RollOut(d.release());
            case STABLE, SUPERSEDED, FAILED, REVERTED, REVERT_FAILED, ROLLED_BACK ->
                    throw new IllegalStateException("over and active: " + d);
        };
    }

    private static Directive restore(PipelineState s) {
        if (s.irreversible() != null) {
            return new Directive.Leave();
        }
        var release = active(s).release();
        var target = release.equals(s.deployed()) ? release : ReleaseHistory.target(s, release);
        if (target == null) {
            // The adopted release, if there is one and it has not failed.
            target = s.deployed();
        }
        return target == null ? new Directive.Nothing(List.of()) : new Directive.GoBack(target);
    }

    private static Directive atRest(PipelineState s) {
        var deployed = s.deployed();
        var d = s.deployment();
        if (s.irreversible() != null && s.stoppedAtFailure()) {
            return new Directive.Leave();
        }
        if (deployed != null && Revert.triesAgain(s)) {
            return new Directive.GoBack(deployed);
        }
        if (deployed != null) {
            return s.settled() ? new Directive.Keep(deployed) : new Directive.Settle(deployed);
        }
        if (d != null && d.state() == DeploymentState.FAILED) {
            return new Directive.Nothing(List.of(d.release()));
        }
        return d == null ? new Directive.Leave() : new Directive.Nothing(List.of());
    }

    /** Records a new deployment that has not begun. */
    public static Transition begin(
            PipelineState s, Head.Ready ready, Trigger trigger, String by, String why, Moment now) {
        var release = ready.release();
        var d =
                new DeploymentRecord(
                        now.nextId(),
                        release.id(),
                        ready.commit(),
                        s.deployed(),
                        DeploymentState.PENDING,
                        why,
                        by,
                        trigger,
                        null,
                        1,
                        null,
                        release.rollout().progressDeadline(),
                        now.at(),
                        null,
                        ready.verified());
        var next =
                s.with(
                        x -> {
                            x.deployment = d;
                            x.settled = false;
                            x.condemned = List.of();
                            x.gone = PipelineState.Gone.NO;
                            if (!d.sameRelease()) {
                                x.leftAt = null;
                                x.blockedHead = null;
                            }
                        });
        return tell(
                next,
                EventType.DEPLOYMENT_STARTED,
                s.deployed() == null ? "" : s.deployed(),
                release.id(),
                trigger.word()
                        + " "
                        + shortCommit(ready.commit())
                        + (why.isEmpty() ? "" : ": " + why),
                now.at());
    }

    /** Moves the active deployment to another stage of its rollout. */
    public static Transition stage(
            PipelineState s, DeploymentState stage, String why, Duration left, Instant at) {
        var d = active(s);
        if (d.state() == stage && d.reason().equals(why)) {
            return Transition.none(s);
        }
        var next = s.with(x -> x.deployment = d.in(stage, why).left(left));
        return d.state() == stage
                ? Transition.none(next)
                : tell(next, EventType.entered(stage), d.state().word(), stage.word(), why, at);
    }

    /**
     * Ends a deployment as stable, after its soak.
     *
     * @param without which engines were omitted, as the end of a sentence; empty for none
     */
    public static Transition stable(PipelineState s, String without, Instant at) {
        var d = active(s);
        var next =
                s.with(
                        x -> {
                            x.deployment = d.finished(DeploymentState.STABLE, "", at);
                            x.deployed = d.release();
                            x.settled = false;
                            x.condemned = List.of();
                            if (d.trigger() == Trigger.SECRET) {
                                x.refusedSecrets = "";
                            }
                            x.irreversible = null;
                            if (!d.sameRelease()) {
                                x.stable(d.release());
                                x.lift(d.release());
                            } else if (!s.line().contains(d.release())) {
                                x.stable(d.release());
                            }
                        });
        var why = "healthy and soaked" + without;
        return tell(next, EventType.DEPLOYMENT_STABLE, d.state().word(), "Stable", why, at);
    }

    /** Records that the clean-up after a deployment is done. */
    public static Transition settled(PipelineState s) {
        return s.settled() ? Transition.none(s) : Transition.none(s.with(x -> x.settled = true));
    }

    /** Ends the active deployment by the release's own fault. */
    public static Transition failed(
            PipelineState s, Release release, String why, String secrets, Instant at) {
        var d = active(s);
        if (d.state() == DeploymentState.REVERTING) {
            return Revert.failed(s, why, at);
        }
        if (d.sameRelease() || d.release().equals(s.deployed())) {
            return sameReleaseFailed(s, d, why, secrets, at);
        }
        var quarantine =
                new Quarantine(
                        d.release(), "", d.commit(), Quarantine.Cause.FAILED, why, AGENT, at);
        var irreversible = release.rollout().irreversible() ? d.release() : s.irreversible();
        if (release.rollout().onFailure() == OnFailure.PAUSE || irreversible != null) {
            var reason = why + stopped(d, irreversible);
            var next =
                    s.with(
                            x -> {
                                x.irreversible = irreversible;
                                x.quarantine(quarantine);
                                x.deployment = d.finished(DeploymentState.FAILED, reason, at);
                                x.paused = new OperatorHold(AGENT, at, reason);
                            });
            return tell(next, EventType.DEPLOYMENT_FAILED, d.state().word(), "Failed", reason, at);
        }
        var target = ReleaseHistory.target(s, d.release());
        var next =
                s.with(
                        x -> {
                            x.quarantine(quarantine);
                            x.settled = false;
                            x.deployment =
                                    target == null
                                            ? d.finished(DeploymentState.FAILED, why, at)
                                            : d.endedStages(at)
                                                    .reverting(
                                                            target,
                                                            why,
                                                            release.rollout().progressDeadline());
                        });
        return target == null
                ? tell(next, EventType.DEPLOYMENT_FAILED, d.state().word(), "Failed", why, at)
                : tell(next, EventType.REVERT_STARTED, d.release(), target, why, at);
    }

    /** Does the same with evidence against the release, which the deployment keeps. */
    public static Transition failed(
            PipelineState s,
            Release release,
            String why,
            @Nullable Evidence evidence,
            String secrets,
            Instant at) {
        var d = active(s);
        var told = evidence == null ? s : s.with(x -> x.deployment = d.with(evidence));
        return failed(told, release, why, secrets, at);
    }

    private static String stopped(DeploymentRecord d, @Nullable String irreversible) {
        if (irreversible == null) {
            return "; onFailure is pause, nothing was reverted";
        }
        return irreversible.equals(d.release())
                ? "; the release is irreversible, nothing was reverted"
                : "; "
                        + irreversible
                        + " before it is irreversible, older releases cannot run on its data:"
                        + " nothing was reverted";
    }

    /** Reverts the deployment without a fault of the release: nothing is quarantined. */
    public static Transition givenUp(
            PipelineState s, Release release, String why, String secrets, Instant at) {
        var brought = active(s).release();
        var failed = failed(s, release, why, secrets, at);
        return new Transition(
                failed.state().with(x -> x.lift(brought)), failed.events(), failed.ended());
    }

    private static Transition sameReleaseFailed(
            PipelineState s, DeploymentRecord d, String why, String secrets, Instant at) {
        var next =
                s.with(
                        x -> {
                            x.deployment = d.finished(DeploymentState.FAILED, why, at);
                            x.condemned = List.of();
                            x.settled = false;
                            if (d.trigger() == Trigger.SECRET) {
                                x.refusedSecrets = secrets;
                            }
                        });
        return tell(
                next,
                EventType.DEPLOYMENT_FAILED,
                d.state().word(),
                "Failed",
                why + "; the containers from before stay",
                at);
    }

    /** Does the same for a release that older ones can follow. */
    public static Transition postponed(PipelineState s, String why, Duration in, Instant at) {
        return postponed(s, why, in, false, at);
    }

    /**
     * Postpones the deployment, because it failed without the release's fault. The earlier release
     * is restored, and the deployment is retried.
     *
     * @param irreversible whether older releases cannot run on its data: if it began, nothing is
     *     restored
     */
    public static Transition postponed(
            PipelineState s, String why, Duration in, boolean irreversible, Instant at) {
        var d = active(s);
        if (d.state() == DeploymentState.REVERTING) {
            return Transition.none(s);
        }
        boolean began =
                d.state() == DeploymentState.APPLYING || d.state() == DeploymentState.VERIFYING;
        var next =
                s.with(
                        x -> {
                            x.deployment = d.retrying(why, in, d.progressLeft());
                            if (irreversible && began) {
                                x.irreversible = d.release();
                            }
                        });
        return tell(next, EventType.DEPLOYMENT_POSTPONED, d.state().word(), "Pending", why, at);
    }

    /**
     * Withdraws the active deployment. The release before it is desired again, and nothing is
     * quarantined.
     */
    public static Transition withdrawn(PipelineState s, String why, Moment now) {
        var over = superseded(s, why, now);
        return new Transition(over.state().with(x -> x.settled = false), over.events());
    }

    static Transition superseded(PipelineState s, String why, Moment now) {
        var d = active(s);
        var next =
                s.with(x -> x.deployment = d.finished(DeploymentState.SUPERSEDED, why, now.at()));
        return tell(next, EventType.DEPLOYMENT_SUPERSEDED, d.release(), "", why, now.at());
    }

    private static boolean mayBeSuperseded(DeploymentRecord d, Head.Ready head, Moment now) {
        var id = head.release().id();
        return switch (d.state()) {
            // A target that cannot be restored does not delay the next head.
            case REVERTING -> now.hindered() && !id.equals(d.target()) && !id.equals(d.release());
            // Its own commit supersedes neither a rollout nor a restart.
            case VERIFYING -> !now.healthy() && !id.equals(d.release());
            case PENDING,
                    RESOLVING,
                    PLANNING,
                    RUNNING,
                    APPLYING,
                    STABLE,
                    SUPERSEDED,
                    FAILED,
                    REVERTED,
                    REVERT_FAILED,
                    ROLLED_BACK ->
                    !id.equals(d.release());
        };
    }

    private static Transition retry(PipelineState s, Moment now) {
        var active = s.active();
        if (active.isEmpty() || active.get().retryIn() == null || !now.retryDue()) {
            return Transition.none(s);
        }
        var d = active.get();
        var next = s.with(x -> x.deployment = d.retried());
        return tell(next, EventType.DEPLOYMENT_RETRIED, "", d.release(), d.reason(), now.at());
    }

    /** Returns the state after a look at the head alone: clears the marks of earlier heads. */
    private static PipelineState seen(PipelineState s, Head head) {
        if (!(head instanceof Head.Ready ready)) {
            return s;
        }
        boolean moved = s.leftAt() != null && !ready.commit().equals(s.leftAt());
        boolean passed = s.blockedHead() != null && !ready.commit().equals(s.blockedHead());
        if (!moved && !passed) {
            return s;
        }
        return s.with(
                x -> {
                    if (moved) {
                        x.leftAt = null;
                    }
                    if (passed) {
                        x.blockedHead = null;
                    }
                });
    }

    static DeploymentRecord active(PipelineState s) {
        return s.active()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "no deployment of " + s.pipeline() + " is under way"));
    }

    static Transition tell(
            PipelineState s, EventType type, String from, String to, String reason, Instant at) {
        return new Transition(s, List.of(Transition.event(s, type, from, to, reason, at)));
    }

    static String shortCommit(String commit) {
        return commit.length() > 12 ? commit.substring(0, 12) : commit;
    }

    static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
