package io.plumbline.runtime.control;

import io.plumbline.api.Caller;
import io.plumbline.api.Run;
import io.plumbline.core.rollout.Head;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.runtime.pipeline.PipelineWorker;
import io.plumbline.runtime.run.StepRuns;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The commands about what comes before a deployment: other pipelines, and runs of steps. */
final class RunCommands {

    private RunCommands() {}

    /**
     * Returns the answer to a retry of a head that is no release yet; empty if it is one.
     *
     * @param release the release that the caller named; null for the head
     */
    static Optional<Reply> retry(
            PipelineWorker worker, @Nullable String release, Head head, Caller caller) {
        if (release != null) {
            return Optional.empty();
        }
        if (worker.waitsForOther()) {
            return Optional.of(override(worker, caller));
        }
        return head instanceof Head.Failed failed
                ? Optional.of(retry(worker.heads().runs(), failed, caller))
                : Optional.empty();
    }

    /** Approves or rejects what the steps of the head made. */
    static Reply decide(PipelineWorker worker, boolean approve, Caller caller) {
        var name = worker.pipeline();
        var runs = worker.heads().runs();
        if (caller.dryRun()) {
            return runs.awaitsApproval()
                    .map(
                            run ->
                                    Reply.of(
                                            Outcome.WOULD_CHANGE,
                                            "would "
                                                    + (approve ? "approve" : "reject")
                                                    + text(run, name)))
                    .orElseGet(() -> nothingWaits(name));
        }
        return runs.decide(approve, caller.by(), caller.reason())
                .map(
                        run ->
                                Reply.of(
                                        Outcome.ACCEPTED,
                                        (approve ? "approved" : "rejected") + text(run, name)))
                .orElseGet(() -> nothingWaits(name));
    }

    private static Reply nothingWaits(String pipeline) {
        return Reply.of(
                Outcome.NOTHING_HAPPENS,
                "no run of "
                        + pipeline
                        + " waits for an approval; see `plumb runs "
                        + pipeline
                        + "`");
    }

    private static String text(Run run, String pipeline) {
        return " run "
                + run.number()
                + " of "
                + pipeline
                + ", commit "
                + run.commit().substring(0, 7);
    }

    private static Reply override(PipelineWorker worker, Caller caller) {
        if (caller.dryRun()) {
            return Reply.of(
                    Outcome.WOULD_CHANGE, "would deploy the commit without waiting for others");
        }
        worker.overrideWait();
        return Reply.of(Outcome.ACCEPTED, "the commit is deployed without waiting for others");
    }

    private static Reply retry(StepRuns runs, Head.Failed failed, Caller caller) {
        if (caller.dryRun()) {
            return Reply.of(
                    Outcome.WOULD_CHANGE, "would run the failed steps again: " + failed.reason());
        }
        return runs.retry(caller.by())
                .map(
                        run ->
                                Reply.of(
                                        Outcome.ACCEPTED,
                                        "run " + run.number() + " failed; what failed runs again"))
                .orElseGet(() -> Reply.of(Outcome.NOTHING_HAPPENS, failed.reason()));
    }
}
