package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Engines out of use and into use; each look of the shell's clock is five seconds later. */
class CordonVerbsTest extends WithAgent {
    private void answers(Outcome outcome, String message) {
        control.reply = Reply.of(outcome, message);
    }

    /** One whose service runs on the engine {@code local}. */
    private static PipelineStatus there(SyncState state) {
        return Sample.status("recsys", state);
    }

    /** One whose service runs somewhere else. */
    private static PipelineStatus gone() {
        var s = there(SyncState.SYNCED);
        var elsewhere =
                s.services().stream()
                        .map(
                                x ->
                                        new ServiceStatus(
                                                x.service(),
                                                "other",
                                                x.health(),
                                                x.reason(),
                                                x.desired(),
                                                x.running(),
                                                x.healthy(),
                                                x.restarts(),
                                                x.image(),
                                                x.drift()))
                        .toList();
        return new PipelineStatus(
                s.pipeline(),
                s.state(),
                s.reason(),
                s.health(),
                s.healthReason(),
                s.healthAck(),
                s.release(),
                s.commit(),
                s.head(),
                s.stableRelease(),
                s.stableCommit(),
                s.hold(),
                s.paused(),
                s.quarantined(),
                s.deployment(),
                s.rollback(),
                s.observedAt(),
                s.engines(),
                elsewhere);
    }

    private static PipelineStatus[] then(int times, PipelineStatus first, PipelineStatus last) {
        var all = new ArrayList<>(Collections.nCopies(times, first));
        all.add(last);
        return all.toArray(PipelineStatus[]::new);
    }

    @Test
    void eachVerbSaysWhatCameOfIt() {
        for (var verb : List.of("cordon", "drain", "uncordon")) {
            answers(Outcome.ACCEPTED, "engine local: " + verb);
            assertThat(shell.plumb(verb, "local", "--reason", "kernel")).as(verb).isZero();
            assertThat(shell.out()).isEqualTo("engine local: " + verb + "\n");
            assertThat(control.calls).contains(verb + " local by=ada reason=kernel dryRun=false");
            answers(Outcome.ALREADY, "already");
            assertThat(shell.plumb(verb, "local")).as(verb).isZero();
        }
    }

    @Test
    void aDryRunIsOneWhereSomethingWouldChange() {
        for (var verb : List.of("cordon", "drain", "uncordon")) {
            answers(Outcome.WOULD_CHANGE, "would");
            assertThat(shell.plumb(verb, "local", "--dry-run")).isEqualTo(Exit.DIFFERENT);
            assertThat(control.calls).contains(verb + " local by=ada reason= dryRun=true");
            answers(Outcome.WOULD_NOT_CHANGE, "would not");
            assertThat(shell.plumb(verb, "local", "--dry-run", "--wait")).isZero();
        }
    }

    @Test
    void anEngineThatNobodyKnowsIsAMistakeOfTheCaller() {
        control.failure =
                new PlumblineException(
                        FailureKind.MISSING,
                        "no engine near is configured; `plumb engines` lists them");
        for (var verb : List.of("cordon", "drain", "uncordon")) {
            assertThat(shell.plumb(verb, "near")).isEqualTo(Exit.USAGE);
            assertThat(shell.err()).contains("no engine near is configured");
        }
        assertThat(shell.plumb("drain")).isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("drain", "local", "--wait", "--timeout", "soon"))
                .isEqualTo(Exit.USAGE);
    }

    @Test
    void waitsUntilNothingRunsThere() {
        control.script(then(2, there(SyncState.SYNCED), gone()));
        assertThat(shell.plumb("drain", "local", "--wait")).isZero();
        assertThat(shell.out())
                .contains("still on local: recsys/serve")
                .contains("nothing runs on local any more");
    }

    @Test
    void whatStaysWhileAllIsQuietIsTold() {
        assertThat(shell.plumb("drain", "local", "--wait")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out())
                .containsOnlyOnce("still on local: recsys/serve")
                .contains("these stay; `plumb why PIPELINE/SERVICE` tells why");
    }

    @Test
    void aMoveThatTakesLongIsNoQuiet() {
        control.script(then(20, there(SyncState.PROGRESSING), gone()));
        assertThat(shell.plumb("drain", "local", "--wait")).isZero();
        assertThat(shell.out()).containsOnlyOnce("still on local");
    }

    @Test
    void quietCountsFromTheEndOfTheMove() {
        control.script(then(20, there(SyncState.PROGRESSING), there(SyncState.BLOCKED)));
        assertThat(shell.plumb("drain", "local", "--wait")).isEqualTo(Exit.DIFFERENT);
        assertThat(control.calls.stream().filter("status"::equals).count()).isGreaterThan(23);
    }

    @Test
    void thatAnotherPipelineMovesIsNoReasonToWait() {
        var other = Sample.status("other", SyncState.PROGRESSING);
        control.script(
                new PipelineStatus(
                        other.pipeline(),
                        other.state(),
                        other.reason(),
                        other.health(),
                        other.healthReason(),
                        other.healthAck(),
                        other.release(),
                        other.commit(),
                        other.head(),
                        other.stableRelease(),
                        other.stableCommit(),
                        other.hold(),
                        other.paused(),
                        other.quarantined(),
                        other.deployment(),
                        other.rollback(),
                        other.observedAt(),
                        other.engines(),
                        List.of()));
        assertThat(shell.plumb("drain", "local", "--wait")).isEqualTo(Exit.DIFFERENT);
    }

    @Test
    void theTimeoutEndsTheWaitAlsoOfAMove() {
        control.script(there(SyncState.PROGRESSING));
        assertThat(shell.plumb("drain", "local", "--wait", "--timeout", "1m"))
                .isEqualTo(Exit.TIMED_OUT);
        assertThat(shell.err()).contains("timed out after 60s");
    }

    @Test
    void cordonAndUncordonHaveNothingToWaitFor() {
        assertThat(shell.plumb("cordon", "local", "--wait")).isZero();
        assertThat(shell.plumb("uncordon", "local", "--wait")).isZero();
    }

    @Test
    void jsonIsTheAgentsAnswerAndNothingElse() {
        control.script(then(2, there(SyncState.SYNCED), gone()));
        answers(Outcome.ACCEPTED, "engine local is drained");
        assertThat(shell.plumb("drain", "local", "--wait", "-o", "json")).isZero();
        assertThat(shell.out().strip())
                .startsWith("{")
                .endsWith("}")
                .contains("\"outcome\" : \"accepted\"", "engine local is drained");
        assertThat(shell.err()).contains("nothing runs on local any more");
    }
}
