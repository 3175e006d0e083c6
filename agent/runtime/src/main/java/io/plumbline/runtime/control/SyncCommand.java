package io.plumbline.runtime.control;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.Cause;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.pipeline.PipelineWorker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command {@code sync} of one pipeline: fetch, and reconcile now. With {@code prune} it removes
 * a pipeline that left Git.
 */
final class SyncCommand {
    private final Agent agent;
    private final PipelineWorker worker;
    private final PipelineQuestions questions;

    SyncCommand(Agent agent, PipelineWorker worker, PipelineQuestions questions) {
        this.agent = agent;
        this.worker = worker;
        this.questions = questions;
    }

    Reply execute(Command.Sync asked, Caller caller) {
        if (caller.dryRun()) {
            return asked.prune() && leftGit() ? wouldRemove() : dryRun(questions.plan());
        }
        var repository = agent.repository(worker.repositoryName());
        var view = repository.await(repository.fetchNow(Cause.OPERATOR));
        // A commit that was read before does not prove that the pipeline is still absent.
        boolean prune = asked.prune() && view.reachable();
        // Counted first, because the removal begins at once.
        var removal = prune && leftGit() ? removal() : null;
        try {
            worker.tryAgainNow(asked.resolve(), prune);
            worker.awaitHead();
            return worker.ask(() -> afterSync(view, removal));
        } catch (PlumblineException e) {
            if (removal != null && e.kind() == FailureKind.MISSING) {
                return Reply.of(Outcome.ACCEPTED, "removed " + removal).notes(notes(view));
            }
            throw e;
        }
    }

    private boolean leftGit() {
        worker.awaitHead();
        return worker.ask(worker::headNow) instanceof Head.Left;
    }

    private Reply wouldRemove() {
        var removal = removal();
        return worker.ask(
                () -> {
                    var paused = worker.journal().state().paused();
                    return paused != null
                            ? Reply.of(Outcome.NOTHING_HAPPENS, paused(paused.by()))
                            : Reply.of(Outcome.WOULD_CHANGE, "would stop and remove " + removal);
                });
    }

    /** Returns the objects that a removal concerns, for display. */
    private String removal() {
        try {
            var replicas = questions.replicas();
            long running = replicas.stream().filter(c -> c.replica().running()).count();
            return "%s: %d running container%s, %d kept for rollback; volumes stay"
                    .formatted(
                            worker.pipeline(),
                            running,
                            running == 1 ? "" : "s",
                            replicas.size() - running);
        } catch (PlumblineException e) {
            return worker.pipeline()
                    + ": its containers are not known ("
                    + e.getMessage()
                    + "); volumes stay";
        }
    }

    private static String paused(String by) {
        return "paused by " + by + "; `plumb resume` lifts it";
    }

    private Reply afterSync(RepositoryView view, @Nullable String removal) {
        var head = worker.followNow();
        var state = worker.journal().state();
        var active = state.active();
        if (state.paused() != null) {
            return happensNot(paused(state.paused().by()), view);
        }
        if (!worker.blocked().isEmpty()) {
            return happensNot(worker.blocked(), view);
        }
        return switch (head) {
            case Head.Broken b -> happensNot(b.reason(), view);
            case Head.Unresolved u -> happensNot(u.reason(), view);
            case Head.Unseen u -> happensNot(u.reason(), view);
            case Head.Failed x -> happensNot(x.reason(), view);
            case Head.Preparing p -> follows(Outcome.ACCEPTED, p.reason(), view);
            case Head.Left l ->
                    removal == null
                            ? happensNot(left(state.pipeline(), l.commit()), view)
                            : follows(Outcome.ACCEPTED, "removing " + removal, view);
            case Head.Ready ready -> {
                var why = RolloutStateMachine.whyNot(state, ready);
                if (why != null && active.isEmpty()) {
                    yield happensNot(why, view);
                }
                var follows =
                        active.isPresent()
                                ? "deploying " + active.get().release()
                                : "follows " + ready.commit();
                yield view.reachable()
                        ? follows(Outcome.ACCEPTED, follows, view)
                        : follows(
                                Outcome.INCOMPLETE,
                                notRead(view)
                                        + state.pipeline()
                                        + " follows "
                                        + ready.commit()
                                        + ", the last commit that was read",
                                view);
            }
        };
    }

    private static String left(String pipeline, String commit) {
        return pipeline
                + " is not in commit "
                + commit
                + "; `plumb sync "
                + pipeline
                + " --prune` removes it now";
    }

    /**
     * Returns why the requested fetch failed, as the beginning of a sentence; empty if it did not.
     */
    private static String notRead(RepositoryView view) {
        return view.reachable()
                ? ""
                : "cannot read repository " + view.repository() + ": " + view.problem() + "; ";
    }

    private static List<String> notes(RepositoryView view) {
        return view.problem().isEmpty()
                ? List.of()
                : List.of("repository " + view.repository() + ": " + view.problem());
    }

    private Reply follows(Outcome outcome, String message, RepositoryView view) {
        var state = worker.journal().state();
        var active = state.active();
        return Reply.of(outcome, message)
                .deployment(active.isPresent() ? active.get().id() : null)
                .release(active.isPresent() ? active.get().release() : state.deployed())
                .notes(notes(view));
    }

    private Reply happensNot(String why, RepositoryView view) {
        return Reply.of(
                        Outcome.NOTHING_HAPPENS,
                        why.equals(view.problem()) ? why : notRead(view) + why)
                .release(worker.journal().state().deployed())
                .notes(notes(view));
    }

    private static Reply dryRun(WorkloadPlan plan) {
        var blockers = String.join("; ", plan.blockers());
        if (!plan.isEmpty()) {
            var actions = "would do " + plan.actions().size() + " actions";
            return Reply.of(Outcome.WOULD_CHANGE, blockers.isEmpty() ? actions : blockers)
                    .release(plan.release())
                    .plan(plan);
        }
        return Reply.of(
                        blockers.isEmpty() ? Outcome.WOULD_NOT_CHANGE : Outcome.NOTHING_HAPPENS,
                        blockers.isEmpty() ? "would change nothing" : blockers)
                .release(plan.release())
                .plan(plan);
    }
}
