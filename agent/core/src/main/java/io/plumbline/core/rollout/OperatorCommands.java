package io.plumbline.core.rollout;

import io.plumbline.core.rollout.RolloutStateMachine.Moment;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The operators' commands about a pipeline, as functions of its state. */
public final class OperatorCommands {

    private OperatorCommands() {}

    /** The result of a command. */
    public sealed interface Answer {

        /**
         * The command changes the state.
         *
         * @param message what happens, for display
         * @param would what would happen, for display by a dry run
         */
        record Done(Transition transition, String message, String would) implements Answer {}

        /** The state is already as requested; nothing changes. */
        record Already(String message) implements Answer {}

        /** The command is refused; nothing changes. */
        record Refused(String message, boolean noTarget) implements Answer {}
    }

    /** Hands the pipeline over to another repository, because its own no longer defines it. */
    public static Transition handOver(PipelineState s, String repository, Instant at) {
        return RolloutStateMachine.tell(
                s.with(x -> x.repository = repository),
                EventType.HANDED_OVER,
                s.repository(),
                repository,
                "repository "
                        + s.repository()
                        + " does not define it any more and "
                        + repository
                        + " does; nothing was restarted for that",
                at);
    }

    /** Renames the pipeline; on the engines it keeps its first name. */
    public static Transition rename(PipelineState s, String name, Instant at) {
        var was =
                Stream.concat(Stream.of(s.pipeline()), s.was().stream())
                        .filter(n -> !n.equals(name))
                        .distinct()
                        .toList();
        return RolloutStateMachine.tell(
                s.with(
                        x -> {
                            x.pipeline = name;
                            x.was = was;
                        }),
                EventType.RENAMED,
                s.pipeline(),
                name,
                "metadata.was of " + name + " names it; nothing was restarted for that",
                at);
    }

    /**
     * A requested rollback.
     *
     * @param to release id, or null for the default target
     * @param left the release that the caller saw as the current one, or null
     * @param hold whether to hold until resumed
     * @param force whether to go past an irreversible release
     * @param by the operator
     * @param reason as given
     */
    public record RollbackRequest(
            @Nullable String to,
            @Nullable String left,
            boolean hold,
            boolean force,
            String by,
            String reason) {}

    /**
     * Starts a rollback, as specified in docs/reference.md.
     *
     * @param target the release of {@code to} or of the release history, with its commit; null if
     *     there is none
     * @param headCommit the last known head, null if never read
     * @param irreversible whether older releases cannot run on a release's data
     */
    public static Answer rollback(
            PipelineState s,
            RollbackRequest request,
            Head.@Nullable Ready target,
            @Nullable String headCommit,
            Predicate<String> irreversible,
            Moment now) {
        return rollback(s, request, target, headCommit, _ -> "", irreversible, "", now);
    }

    /**
     * Starts a rollback if commits must be signed.
     *
     * @param commitOf the newest commit that renders a release, empty if not known
     * @param revoked why the target's signature no longer holds, empty if it does; only {@code
     *     force} overrides this, and the event says so
     */
    public static Answer rollback(
            PipelineState s,
            RollbackRequest request,
            Head.@Nullable Ready target,
            @Nullable String headCommit,
            UnaryOperator<String> commitOf,
            Predicate<String> irreversible,
            String revoked,
            Moment now) {
        var left = ReleaseHistory.leaving(s);
        if (left == null) {
            return new Answer.Refused(
                    s.pipeline() + " has never been deployed: there is nothing to go back to",
                    true);
        }
        if (request.left() != null && !request.left().equals(left)) {
            return new Answer.Already("already left, now on " + left);
        }
        if (target == null) {
            return new Answer.Refused(noTarget(s, left), true);
        }
        var to = target.release().id();
        if (to.equals(left)) {
            return new Answer.Already("already on " + to);
        }
        if (!request.force()) {
            var barrier =
                    ReleaseHistory.past(s, left, to).stream().filter(irreversible).findFirst();
            var began = s.irreversible();
            if (barrier.isPresent() || began != null) {
                return new Answer.Refused(
                        (barrier.isPresent() ? barrier.get() : began)
                                + " is irreversible: older releases cannot run on its data; --force"
                                + " goes past it",
                        true);
            }
            if (!revoked.isEmpty()) {
                return new Answer.Refused(
                        revoked
                                + "; `plumb rollback "
                                + s.pipeline()
                                + " --to` takes another release of `plumb history "
                                + s.pipeline()
                                + "`, --force overrides this",
                        true);
            }
        }
        var past = revoked.isEmpty() ? "" : "; forced: " + revoked;
        return new Answer.Done(
                goBack(s, request, left, target, headCommit, commitOf.apply(left), past, now),
                "rolling back from " + left + " to " + to + past,
                "would go back from " + left + " to " + to + past);
    }

    private static String noTarget(PipelineState s, String left) {
        return s.line().isEmpty()
                ? "no release of " + s.pipeline() + " was ever stable: nothing to go back to"
                : "there is no stable release before "
                        + left
                        + " that is not quarantined; `plumb history "
                        + s.pipeline()
                        + "` lists the releases, `plumb rollback --to` takes any of them";
    }

    private static Transition goBack(
            PipelineState s,
            RollbackRequest request,
            String left,
            Head.Ready target,
            @Nullable String headCommit,
            String lastCommitOfLeft,
            String past,
            Moment now) {
        var active = s.active();
        var leftCommit = leftCommit(s, left, lastCommitOfLeft);
        var before =
                active.isPresent()
                        ? RolloutStateMachine.superseded(s, "rolled back by " + request.by(), now)
                        : Transition.none(s);
        var d =
                new DeploymentRecord(
                        now.nextId(),
                        target.release().id(),
                        target.commit(),
                        left,
                        DeploymentState.REVERTING,
                        request.reason(),
                        request.by(),
                        Trigger.ROLLBACK,
                        target.release().id(),
                        1,
                        null,
                        target.release().rollout().progressDeadline(),
                        now.at(),
                        null,
                        target.verified());
        var next =
                before.state()
                        .with(
                                x -> {
                                    x.deployment = d;
                                    x.settled = false;
                                    x.condemned = List.of();
                                    x.paused = null;
                                    x.blockedHead = null;
                                    x.leftAt = headCommit;
                                    x.gone = PipelineState.Gone.NO;
                                    x.irreversible = null;
                                    x.lift(target.release().id());
                                    x.quarantine(
                                            new Quarantine(
                                                    left,
                                                    "",
                                                    leftCommit,
                                                    Quarantine.Cause.ROLLED_BACK,
                                                    request.reason(),
                                                    request.by(),
                                                    now.at()));
                                    if (request.hold()) {
                                        x.hold =
                                                new OperatorHold(
                                                        request.by(), now.at(), request.reason());
                                    }
                                });
        return before.then(
                RolloutStateMachine.tell(
                        next,
                        EventType.ROLLBACK_STARTED,
                        left,
                        target.release().id(),
                        "by " + request.by() + why(request.reason()) + past,
                        now.at()));
    }

    private static String leftCommit(PipelineState s, String left, String lastCommitOfLeft) {
        var d = s.deployment();
        return d != null && d.release().equals(left) ? d.commit() : lastCommitOfLeft;
    }

    /** Pauses the pipeline. */
    public static Answer pause(PipelineState s, String by, String reason, Moment now) {
        var paused = s.paused();
        if (paused != null) {
            return new Answer.Already("paused already by " + paused.by());
        }
        var next = s.with(x -> x.paused = new OperatorHold(by, now.at(), reason));
        return new Answer.Done(
                RolloutStateMachine.tell(
                        next, EventType.PAUSED, "", "", "by " + by + why(reason), now.at()),
                "paused: what runs is left alone until `plumb resume " + s.pipeline() + "`",
                "would pause "
                        + s.pipeline()
                        + ": what runs is left alone until `plumb resume "
                        + s.pipeline()
                        + "`");
    }

    /** Ends pause and hold, and deploys a head that was blocked because the ledger was lost. */
    public static Answer resume(PipelineState s, String by, String reason, Moment now) {
        if (s.paused() == null && s.hold() == null && s.blockedHead() == null) {
            return new Answer.Already("neither paused nor held");
        }
        var next =
                s.with(
                        x -> {
                            x.paused = null;
                            x.hold = null;
                            x.blockedHead = null;
                        });
        return new Answer.Done(
                RolloutStateMachine.tell(
                        next, EventType.RESUMED, "", "", "by " + by + why(reason), now.at()),
                "resumed: follows Git again",
                "would resume " + s.pipeline() + ": it follows Git again");
    }

    /**
     * Removes a release from quarantine, and deploys it if the head renders it.
     *
     * @param release id, or null for the head's
     * @param head null if Git has nothing to deploy
     */
    public static Answer retry(
            PipelineState s,
            @Nullable String release,
            Head.@Nullable Ready head,
            String by,
            String reason,
            Moment now) {
        if (s.paused() != null) {
            return new Answer.Refused(
                    "paused: `plumb resume " + s.pipeline() + "` comes first", false);
        }
        var id = release != null ? release : head == null ? null : head.release().id();
        if (id == null) {
            return new Answer.Refused(
                    "the head does not render a release; `plumb status` says why", false);
        }
        boolean isHead = head != null && head.release().id().equals(id);
        var lifted =
                s.with(
                        x -> {
                            x.lift(id);
                            x.refusedSecrets = "";
                            if (isHead) {
                                // A rollback in progress leaves this head; the retry wants it
                                // again.
                                x.leftAt = null;
                            }
                        });
        boolean wasQuarantined = s.quarantineOf(id).isPresent();
        if (isHead && s.hold() != null) {
            return new Answer.Refused(
                    "held: `plumb resume " + s.pipeline() + "` comes first", false);
        }
        boolean reverting =
                s.active().filter(d -> d.state() == DeploymentState.REVERTING).isPresent();
        boolean free = s.active().isEmpty() || reverting;
        if (head != null && isHead && free && !id.equals(s.deployed())) {
            var before =
                    reverting
                            ? RolloutStateMachine.superseded(lifted, "retried by " + by, now)
                            : Transition.none(lifted);
            return new Answer.Done(
                    before.then(
                            RolloutStateMachine.begin(
                                    before.state(), head, Trigger.RETRY, by, reason, now)),
                    "deploying " + id,
                    "would deploy " + id);
        }
        if (wasQuarantined || !s.refusedSecrets().isEmpty()) {
            return new Answer.Done(
                    RolloutStateMachine.tell(
                            lifted,
                            EventType.QUARANTINE_LIFTED,
                            id,
                            "",
                            "by " + by + why(reason),
                            now.at()),
                    id + " is out of quarantine; it is deployed when the head renders it",
                    "would take "
                            + id
                            + " out of quarantine; it is deployed when the head renders it");
        }
        return new Answer.Already(id + " is not quarantined");
    }

    /**
     * Replaces the containers of a service with new ones of the same release.
     *
     * @param deployed the deployed release
     * @param replicas ids of the service's containers
     */
    public static Answer restart(
            PipelineState s,
            Head.Ready deployed,
            String service,
            List<String> replicas,
            String by,
            String reason,
            Moment now) {
        if (s.paused() != null) {
            return new Answer.Refused(
                    "paused: `plumb resume " + s.pipeline() + "` comes first", false);
        }
        if (s.active().isPresent()) {
            return new Answer.Refused(
                    "deployment "
                            + RolloutStateMachine.active(s).id()
                            + " is under way; wait for it",
                    false);
        }
        var why = "restart of " + service + " by " + by + why(reason);
        var begun = RolloutStateMachine.begin(s, deployed, Trigger.RESTART, by, why, now);
        return new Answer.Done(
                new Transition(begun.state().with(x -> x.condemned = replicas), begun.events()),
                "restarting " + service,
                "would restart " + service);
    }

    private static String why(String reason) {
        return reason.isEmpty() ? "" : ": " + reason;
    }
}
