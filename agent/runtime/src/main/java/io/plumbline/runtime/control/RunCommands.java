package io.plumbline.runtime.control;

import io.plumbline.api.Caller;
import io.plumbline.core.rollout.Head;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.runtime.run.StepRuns;

/** The commands about the runs of a pipeline's steps. */
final class RunCommands {

    private RunCommands() {}

    /** Begins failed steps again. */
    static Reply retry(StepRuns runs, Head.Failed failed, Caller caller) {
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
