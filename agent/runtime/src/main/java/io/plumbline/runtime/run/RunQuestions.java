package io.plumbline.runtime.run;

import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import io.plumbline.core.FailureKind;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Questions about recorded runs. Makes no call to an engine. */
public final class RunQuestions {
    private final Ledger ledger;

    public RunQuestions(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Returns runs, newest first. */
    public List<Run> runs(String pipeline, int limit) {
        return ledger.runs().newest(pipeline, limit);
    }

    /**
     * Returns a run.
     *
     * @throws PlumblineException {@code MISSING} if there is none of this number
     */
    public Run run(String pipeline, long number) {
        return ledger.runs()
                .find(pipeline, number)
                .orElseThrow(
                        () -> {
                            long last = ledger.runs().last(pipeline);
                            return missing(
                                    pipeline
                                            + " has no run "
                                            + number
                                            + (last == 0
                                                    ? "; no step of it ran yet"
                                                    : "; the newest is " + last));
                        });
    }

    /**
     * Returns the stored log of a step. A step that took an earlier result has the log of that.
     *
     * @throws PlumblineException {@code MISSING} if the run has no such step, or no log of it
     */
    public String log(String pipeline, long number, String step) {
        var run = run(pipeline, number);
        var found =
                run.step(step)
                        .orElseThrow(
                                () ->
                                        missing(
                                                "run "
                                                        + number
                                                        + " has no step "
                                                        + step
                                                        + "; it has "
                                                        + run.steps().stream()
                                                                .map(StepRun::step)
                                                                .collect(
                                                                        Collectors.joining(", "))));
        var log = found.log();
        if (log == null) {
            throw missing(
                    "step "
                            + step
                            + " of run "
                            + number
                            + " has no stored log"
                            + (found.ended() ? "" : " yet; it is stored when the step ends"));
        }
        return new String(new Artifacts(ledger.artifacts()).text(log), StandardCharsets.UTF_8);
    }

    private static PlumblineException missing(String text) {
        return new PlumblineException(FailureKind.MISSING, text);
    }
}
