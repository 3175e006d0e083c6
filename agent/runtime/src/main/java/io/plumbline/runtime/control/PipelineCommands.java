package io.plumbline.runtime.control;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.placement.Assignment;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.HealthAcks;
import io.plumbline.core.rollout.OperatorCommands;
import io.plumbline.core.rollout.OperatorCommands.Answer;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.ReleaseHistory;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.Cause;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.journal.ShownStatus;
import io.plumbline.runtime.loop.Hint;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.pipeline.Inquiry;
import io.plumbline.runtime.pipeline.PipelineWorker;
import io.plumbline.runtime.pipeline.RollbackReadiness;
import io.plumbline.runtime.pipeline.RollbackReadiness.Lacking;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The commands about one pipeline. Each changes the pipeline on the pipeline's own thread. */
final class PipelineCommands {
    private final Agent agent;
    private final PipelineWorker worker;
    private final PipelineQuestions questions;

    PipelineCommands(Agent agent, PipelineWorker worker) {
        this.agent = agent;
        this.worker = worker;
        this.questions = new PipelineQuestions(agent, worker);
    }

    Reply execute(Command.OfPipeline command, Caller caller) {
        return switch (command) {
            case Command.Sync c -> new SyncCommand(agent, worker, questions).execute(c, caller);
            case Command.Rollback c -> rollback(c, caller);
            case Command.Pause _ -> pause(caller);
            case Command.Resume _ -> resume(caller);
            case Command.HealthAck c -> healthAck(c.lasts(), caller);
            case Command.Retry c -> retry(c.release(), caller);
            case Command.Restart c -> restart(c.service(), caller);
            case Command.Approve _ -> RunCommands.decide(worker, true, caller);
            case Command.Reject _ -> RunCommands.decide(worker, false, caller);
        };
    }

    private Reply accepted(String message, @Nullable String deployment, List<String> notes) {
        var state = worker.journal().state();
        var active = state.active();
        return Reply.of(Outcome.ACCEPTED, message)
                .deployment(deployment)
                .release(active.isPresent() ? active.get().release() : state.deployed())
                .notes(notes);
    }

    private Reply happensNot(String why, List<String> notes) {
        return asBefore(Outcome.NOTHING_HAPPENS, why, notes);
    }

    /** Returns a reply after which the deployed release stays. */
    private Reply asBefore(Outcome outcome, String message, List<String> notes) {
        return Reply.of(outcome, message).release(worker.journal().state().deployed()).notes(notes);
    }

    private Reply rollback(Command.Rollback asked, Caller caller) {
        // Engines and registries are asked on the caller's thread, so that the pipeline's thread is
        // not blocked.
        var target = worker.ask(() -> wouldGoTo(asked));
        var lacking = target.map(t -> t.readiness().look(t.release(), t.where()));
        var gone = lacking.map(Lacking::gone).orElse(List.of());
        if (!gone.isEmpty()) {
            return Reply.of(
                    Outcome.NO_TARGET,
                    "cannot go back to "
                            + target.orElseThrow().release().id()
                            + ": "
                            + String.join("; ", gone)
                            + "; nothing was changed. Restore what is missing, or take another"
                            + " release of `plumb history "
                            + worker.pipeline()
                            + "` with --to");
        }
        var pulled = lacking.map(Lacking::pulled).orElse(List.of());
        return worker.ask(() -> rollbackNow(asked, caller, pulled)).get();
    }

    /** The target of a rollback and its placement. */
    private record Target(Release release, Assignment where, RollbackReadiness readiness) {}

    private Optional<Target> wouldGoTo(Command.Rollback asked) {
        var state = worker.journal().state();
        var leaving = ReleaseHistory.leaving(state);
        var target = target(state, asked, leaving);
        if (target == null || target.release().id().equals(leaving)) {
            return Optional.empty();
        }
        return Optional.of(
                new Target(
                        target.release(),
                        worker.reconciler().whereTo(target.release()).assignment(),
                        new RollbackReadiness(worker.pipeline(), agent.world(), worker.sites())));
    }

    private Supplier<Reply> rollbackNow(
            Command.Rollback asked, Caller caller, List<String> pulled) {
        var journal = worker.journal();
        var state = journal.state();
        var leaving = ReleaseHistory.leaving(state);
        var target = target(state, asked, leaving);
        var headCommit = worker.heads().head().commit();
        var releases = worker.reconciler().releases();
        var answer =
                OperatorCommands.rollback(
                        state,
                        new OperatorCommands.RollbackRequest(
                                target == null ? asked.to() : target.release().id(),
                                asked.left(),
                                asked.hold(),
                                asked.force(),
                                caller.by(),
                                caller.reason()),
                        target,
                        headCommit.isEmpty() ? null : headCommit,
                        releases::commitOf,
                        id -> {
                            var r = releases.find(id);
                            return r != null && r.rollout().irreversible();
                        },
                        target == null
                                ? ""
                                : worker.gate().revoked(state.pipeline(), target.release().id()),
                        journal.moment(false, false));
        var notes =
                target == null || leaving == null
                        ? List.<String>of()
                        : notes(pulled, volumes(target, leaving));
        if (caller.dryRun() && answer instanceof Answer.Done done && target != null) {
            var plan = worker.inquiry().plan(target.release(), begun(done));
            return () ->
                    Reply.of(
                                    Outcome.WOULD_CHANGE,
                                    "would go back from "
                                            + leaving
                                            + " to "
                                            + target.release().id())
                            .release(target.release().id())
                            .plan(plan.get())
                            .notes(notes);
        }
        var reply = carryOut(answer, caller, notes);
        return () -> reply;
    }

    private static List<String> notes(List<String> pulled, List<String> volumes) {
        return Stream.concat(
                        pulled.stream().map(i -> i + " is not on the engine and is pulled first"),
                        volumes.stream())
                .toList();
    }

    /**
     * Returns the target of a rollback; null if there is none, or if the caller named another
     * release than the one that the rollback would replace.
     */
    private Head.@Nullable Ready target(
            PipelineState state, Command.Rollback asked, @Nullable String leaving) {
        if (leaving == null || (asked.left() != null && !asked.left().equals(leaving))) {
            return null;
        }
        var to = asked.to();
        var releases = worker.reconciler().releases();
        var release =
                to != null
                        ? questions.resolve(to)
                        : ReleaseHistory.before(state, leaving).map(releases::get).orElse(null);
        return release == null ? null : stored(release);
    }

    private Head.Ready stored(Release release) {
        return new Head.Ready(
                worker.reconciler().releases().commitOf(release.id()),
                release,
                worker.gate().verdictOf(worker.pipeline(), release.id()));
    }

    private List<String> volumes(Head.Ready target, String leaving) {
        var left = worker.reconciler().releases().find(leaving);
        if (left == null) {
            return List.of();
        }
        var both = written(target.release());
        both.retainAll(written(left));
        return both.stream()
                .map(
                        v ->
                                "volume "
                                        + v
                                        + " is written by both releases; its data is not rolled back")
                .toList();
    }

    private static Set<String> written(Release release) {
        var out = new TreeSet<String>();
        release.services()
                .forEach(
                        s ->
                                s.spec().volumes().stream()
                                        .filter(v -> !v.readOnly())
                                        .map(VolumeMount::name)
                                        .forEach(out::add));
        return out;
    }

    private Reply pause(Caller caller) {
        return worker.ask(
                () -> {
                    var journal = worker.journal();
                    var reply =
                            carryOut(
                                    OperatorCommands.pause(
                                            journal.state(),
                                            caller.by(),
                                            caller.reason(),
                                            journal.moment(false, false)),
                                    caller,
                                    List.of());
                    if (journal.state().paused() != null) {
                        // The pass tells the engines' threads of the pause before the operator gets
                        // the reply.
                        var _ = worker.reconciler().pass();
                    }
                    return reply;
                });
    }

    private Reply healthAck(@Nullable Duration lasts, Caller caller) {
        return worker.ask(
                () -> {
                    var now = worker.journal().moment(false, false).at();
                    var state = worker.journal().state();
                    var answer =
                            lasts == null
                                    ? HealthAcks.clear(state, caller.by(), caller.reason(), now)
                                    : HealthAcks.begin(
                                            state,
                                            unhealthy(),
                                            lasts,
                                            caller.by(),
                                            caller.reason(),
                                            now);
                    return carryOut(answer, caller, List.of());
                });
    }

    private List<String> unhealthy() {
        return ShownStatus.of(worker.snapshot(), agent.world().fleet()).services().stream()
                .filter(s -> !s.reason().isEmpty())
                .map(PipelineStatus.ServiceStatus::service)
                .distinct()
                .sorted()
                .toList();
    }

    private Reply resume(Caller caller) {
        return worker.ask(
                () -> {
                    boolean adopting = !caller.dryRun() && worker.giveUpAdoption();
                    var answer =
                            OperatorCommands.resume(
                                    worker.journal().state(),
                                    caller.by(),
                                    caller.reason(),
                                    worker.journal().moment(false, false));
                    var reply = carryOut(answer, caller, List.of());
                    if (!caller.dryRun()) {
                        worker.followNow();
                    }
                    return adopting
                            ? accepted("resumed: the head is deployed", null, List.of())
                            : reply;
                });
    }

    private Reply retry(@Nullable String release, Caller caller) {
        worker.awaitHead();
        return worker.<Supplier<Reply>>ask(
                        () -> {
                            if (!worker.blocked().isEmpty()) {
                                var reply = happensNot(worker.blocked(), List.of());
                                return () -> reply;
                            }
                            var id = release == null ? null : questions.resolve(release).id();
                            var head =
                                    worker.heads()
                                            .look(agent.repository(worker.repositoryName()).view());
                            var early = RunCommands.retry(worker, id, head, caller);
                            if (early.isPresent()) {
                                return early::get;
                            }
                            var answer =
                                    OperatorCommands.retry(
                                            worker.journal().state(),
                                            id,
                                            head instanceof Head.Ready r ? r : null,
                                            caller.by(),
                                            caller.reason(),
                                            worker.journal().moment(false, false));
                            if (!caller.dryRun()) {
                                worker.reconciler().tryAgain();
                            }
                            return planned(
                                    answer,
                                    caller,
                                    begun ->
                                            worker.inquiry()
                                                    .plan(((Head.Ready) head).release(), begun));
                        })
                .get();
    }

    private Reply restart(String service, Caller caller) {
        worker.ask(() -> runs(service));
        var replicas =
                questions.replicas().stream()
                        .map(Inquiry.Found::replica)
                        .filter(c -> AgentControl.of(c, service))
                        .map(Replica::id)
                        .toList();
        return worker.ask(() -> restartNow(service, replicas, caller)).get();
    }

    private Supplier<Reply> restartNow(String service, List<String> replicas, Caller caller) {
        var release = runs(service);
        var answer =
                OperatorCommands.restart(
                        worker.journal().state(),
                        stored(release),
                        service,
                        replicas,
                        caller.by(),
                        caller.reason(),
                        worker.journal().moment(false, false));
        return planned(answer, caller, begun -> worker.inquiry().plan(release, begun, replicas));
    }

    /** Returns the deployment that a command begins. */
    private static DeploymentRecord begun(Answer.Done answer) {
        return Objects.requireNonNull(answer.transition().state().deployment());
    }

    /**
     * Carries out a command that may begin a deployment. The reply to a dry run has the plan of
     * that deployment.
     *
     * @param inquiry asks for the plan of a deployment; the supplier that it returns waits for the
     *     engines
     */
    private Supplier<Reply> planned(
            Answer answer,
            Caller caller,
            Function<DeploymentRecord, Supplier<WorkloadPlan>> inquiry) {
        var before = worker.journal().state().deployment();
        var reply = carryOut(answer, caller, List.of());
        if (!caller.dryRun()
                || !(answer instanceof Answer.Done done)
                || Objects.equals(before, done.transition().state().deployment())) {
            return () -> reply;
        }
        var question = inquiry.apply(begun(done));
        return () -> {
            var plan = question.get();
            var downtime = plan.downtime().isEmpty() ? "" : "; " + plan.downtime();
            return Reply.of(reply.outcome(), reply.message() + downtime)
                    .release(plan.release())
                    .plan(plan);
        };
    }

    /**
     * Returns the deployed release.
     *
     * @throws PlumblineException {@code MISSING} if it does not have the service
     */
    private Release runs(String service) {
        var state = worker.journal().state();
        var release = worker.reconciler().releases().find(state.deployed());
        if (release == null || release.service(service).isEmpty()) {
            throw new PlumblineException(
                    FailureKind.MISSING,
                    "no service "
                            + service
                            + " of "
                            + state.pipeline()
                            + " is deployed"
                            + (release == null
                                    ? ""
                                    : Hint.nearest(
                                            service,
                                            release.services().stream()
                                                    .map(ReleaseService::name)
                                                    .toList())));
        }
        return release;
    }

    private Reply carryOut(Answer answer, Caller caller, List<String> notes) {
        return switch (answer) {
            case Answer.Already a ->
                    Reply.already(caller, a.message())
                            .release(worker.journal().state().deployed())
                            .notes(notes);
            case Answer.Refused r ->
                    asBefore(
                            r.noTarget() ? Outcome.NO_TARGET : Outcome.NOTHING_HAPPENS,
                            r.message(),
                            notes);
            case Answer.Done d -> {
                if (caller.dryRun()) {
                    yield Reply.of(Outcome.WOULD_CHANGE, d.would()).notes(notes);
                }
                LogFields.trigger(Cause.OPERATOR);
                worker.journal().write(d.transition());
                var active = worker.journal().state().active();
                yield accepted(d.message(), active.isPresent() ? active.get().id() : null, notes);
            }
        };
    }
}
