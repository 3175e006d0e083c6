package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Json;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.testkit.Sample;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --wait}. */
class WaitingTest extends WithAgent {
    private static DeploymentRecord deployment(int number, String release, DeploymentState state) {
        return Sample.deployment(number, release, state);
    }

    @Test
    void waitsForTheDeploymentThatItBegan() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        OLD,
                        deployment(1, OLD, DeploymentState.STABLE)),
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.VERIFYING)),
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(2, NEW, DeploymentState.STABLE)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        a sentence
                        recsys: Synced (Stable), 1/2 healthy: because of a test
                        recsys: Progressing (Applying), 1/2 healthy: because of a test
                        recsys: Progressing (Verifying), 1/2 healthy: because of a test
                        recsys: Synced at b2b2b2b, 1/2 healthy: because of a test
                        """);
    }

    @ParameterizedTest
    @CsvSource({
        "REVERTED, REVERTED, 6",
        "FAILED, FAILED, 6",
        "BLOCKED, FAILED, 1",
        "CONTESTED, STABLE, 1",
        "PAUSED, APPLYING, 1",
        "ROLLED_BACK, ROLLED_BACK, 1",
        "SYNCED, STABLE, 0",
        "DRIFTED, STABLE, 1"
    })
    void theStateAtTheEndDecides(SyncState state, DeploymentState deployment, int exit) {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(Sample.status("recsys", state, NEW, deployment(2, NEW, deployment)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(exit);
        assertThat(shell.plumb("resume", "recsys", "--wait")).isEqualTo(exit);
    }

    @Test
    void waitingEndsAtItsTimeout() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)));
        assertThat(shell.plumb("sync", "recsys", "--wait", "--timeout", "1m"))
                .isEqualTo(Exit.TIMED_OUT);
        assertThat(shell.err())
                .contains(
                        "timed out after 60s waiting for recsys (Progressing: because of a test);");
    }

    @Test
    void whatStaysBlockedIsNotWaitedForUntilTheTimeout() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.BLOCKED,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)));
        assertThat(shell.plumb("sync", "recsys", "--wait", "--timeout", "1h"))
                .isEqualTo(Exit.DIFFERENT);
        assertThat(shell.out()).contains("recsys: Blocked (Applying)").contains("because of a");
    }

    @Test
    void whatIsBlockedForAMomentIsWaitedFor() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.BLOCKED,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(2, NEW, DeploymentState.STABLE)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
    }

    @ParameterizedTest
    @CsvSource({
        "ROLLED_BACK, v1:aaaaaaaaaaaaaaaa, ROLLED_BACK, 0",
        "ROLLED_BACK, v1:cccccccccccccccc, ROLLED_BACK, 6",
        "SYNCED, v1:aaaaaaaaaaaaaaaa, ROLLED_BACK, 0",
        "REVERTED, v1:aaaaaaaaaaaaaaaa, REVERTED, 0",
        "SYNCED, v1:bbbbbbbbbbbbbbbb, REVERT_FAILED, 6",
        "FAILED, v1:bbbbbbbbbbbbbbbb, REVERT_FAILED, 6",
        "PAUSED, v1:bbbbbbbbbbbbbbbb, REVERTING, 1"
    })
    void waitingForARollbackLooksAtTheReleaseToo(
            SyncState state, String release, DeploymentState deployment, int exit) {
        reply(Outcome.ACCEPTED, "d-2", OLD);
        control.script(Sample.status("recsys", state, release, deployment(2, OLD, deployment)));
        assertThat(shell.plumb("rollback", "recsys", "--wait")).isEqualTo(exit);
    }

    @Test
    void aDryRunDoesNotWait() {
        reply(Outcome.WOULD_CHANGE, "d-2", OLD);
        assertThat(shell.plumb("rollback", "recsys", "--wait", "--dry-run"))
                .isEqualTo(Exit.DIFFERENT);
    }

    @Test
    void losingTheAgentWhileWaitingIsUnreachable() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)));
        Thread.ofVirtual()
                .start(
                        () -> {
                            while (!control.calls.contains("status recsys")) {
                                Thread.onSpinWait();
                            }
                            agentGone();
                        });
        assertThat(shell.plumb("sync", "recsys", "--wait", "--timeout", "100h"))
                .isEqualTo(Exit.UNREACHABLE);
    }

    @Test
    void progressOnATerminalIsOneLine() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        shell.terminal = true;
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(2, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(2, NEW, DeploymentState.STABLE)));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .contains("\r\u001b[Krecsys: Progressing (Applying), 1/2 healthy, ")
                .endsWith(
                        "\r\u001b[Krecsys: Synced at b2b2b2b, 1/2 healthy: because of a"
                                + " test\n");
    }

    private static final String SUPERSEDED_BY = "superseded by " + Sample.COMMIT.substring(0, 12);

    /** A deployment of a commit that is not the head. */
    private static DeploymentRecord earlier(int number, DeploymentState state, String reason) {
        return new DeploymentRecord(
                "d-" + number,
                OLD,
                Sample.EARLIER_COMMIT,
                null,
                state,
                reason,
                "agent",
                Trigger.GIT,
                null,
                1,
                null,
                Duration.ofMinutes(10),
                Sample.AT,
                state.finished() ? Sample.AT.plusSeconds(40) : null);
    }

    private void superseded() {
        reply(Outcome.ACCEPTED, "d-2", OLD);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        earlier(2, DeploymentState.APPLYING, "")),
                Sample.status(
                        "recsys",
                        SyncState.PROGRESSING,
                        OLD,
                        deployment(3, NEW, DeploymentState.APPLYING)),
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(3, NEW, DeploymentState.STABLE)));
        control.deployments.add(deployment(3, NEW, DeploymentState.APPLYING));
        control.deployments.add(earlier(2, DeploymentState.SUPERSEDED, SUPERSEDED_BY));
    }

    @Test
    void aCommitThatWasSupersededIsNoSuccess() {
        superseded();
        assertThat(shell.plumb("sync", "recsys", "--wait", "--commit", "a1a1a1a"))
                .isEqualTo(Exit.FAILED);
        assertThat(shell.out()).containsOnlyOnce("d-2 of a1a1a1a was superseded by b2b2b2b\n");
    }

    @Test
    void aSupersededDeploymentIsReportedAlsoWithoutACommit() {
        superseded();
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .containsOnlyOnce("d-2 of a1a1a1a was superseded by b2b2b2b\n")
                .endsWith("recsys: Synced at b2b2b2b, 1/2 healthy: because of a test\n");
    }

    @Test
    void aDeploymentThatWasSupersededBeforeTheFirstLookIsReported() {
        reply(Outcome.ACCEPTED, "d-2", OLD);
        control.script(
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(3, NEW, DeploymentState.STABLE)));
        control.deployments.add(earlier(2, DeploymentState.SUPERSEDED, "rolled back by anna"));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).contains("d-2 of a1a1a1a was superseded: rolled back by anna\n");
    }

    @ParameterizedTest
    @CsvSource({
        "STABLE, 0, d-2 of a1a1a1a is Stable; recsys is Synced at b2b2b2b now",
        "FAILED, 6, d-2 of a1a1a1a is Failed: a reason",
        "REVERTED, 6, d-2 of a1a1a1a is Reverted: a reason",
    })
    void theEndOfTheCommitsDeploymentDecides(DeploymentState state, int exit, String line) {
        reply(Outcome.ACCEPTED, null, NEW);
        control.script(Sample.status("recsys", SyncState.SYNCED));
        control.deployments.add(
                earlier(2, state, state == DeploymentState.STABLE ? "" : "a reason"));
        assertThat(shell.plumb("sync", "recsys", "--wait", "--commit", "a1a1a1a")).isEqualTo(exit);
        assertThat(shell.out()).contains(line);
    }

    @Test
    void aCommitWithoutADeploymentIsNoSuccess() {
        reply(Outcome.ACCEPTED, null, NEW);
        control.script(Sample.status("recsys", SyncState.SYNCED));
        assertThat(shell.plumb("sync", "recsys", "--wait", "--commit", "a1a1a1a"))
                .isEqualTo(Exit.FAILED);
        assertThat(shell.out())
                .contains("recsys has no deployment of a1a1a1a; it is Synced at b2b2b2b\n");
    }

    @ParameterizedTest
    @CsvSource({"SYNCED, 0", "REVERTED, 6", "PAUSED, 1"})
    void atTheCommitTheStateDecides(SyncState state, int exit) {
        reply(Outcome.ACCEPTED, null, NEW);
        control.script(Sample.status("recsys", state));
        assertThat(shell.plumb("sync", "recsys", "--wait", "--commit", "B2B2B2B")).isEqualTo(exit);
    }

    @Test
    void aCommitIsWaitedForInOnePipeline() {
        for (var wrong :
                List.of(
                        List.of("sync", "--wait", "--commit", "a1a1a1a"),
                        List.of("sync", "recsys", "--commit", "a1a1a1a"),
                        List.of("sync", "recsys", "--wait", "--commit", "main"))) {
            assertThat(shell.plumb(wrong.toArray(String[]::new))).isEqualTo(Exit.USAGE);
        }
        assertThat(control.calls).isEmpty();
    }

    @Test
    void jsonOfAWaitHasTheCommitAndTheStateAtItsEnd() throws Json.Malformed {
        superseded();
        assertThat(shell.plumb("sync", "recsys", "--wait", "-o", "json")).isEqualTo(Exit.DONE);
        assertThat(shell.err()).contains("d-2 of a1a1a1a was superseded by b2b2b2b");
        var reply = (Map<?, ?>) Objects.requireNonNull(Json.read(shell.out()));
        assertThat(reply.get("outcome")).isEqualTo("accepted");
        assertThat(reply.get("deployment")).isEqualTo("d-2");
        assertThat(reply.get("commit")).isEqualTo(Sample.COMMIT);
        assertThat(reply.get("state")).isEqualTo("Synced");
    }

    /** The pipeline is Reverted since an earlier deployment, and the restart succeeded. */
    @ParameterizedTest
    @CsvSource({
        "REVERTED, STABLE, 0",
        "CONTESTED, STABLE, 0",
        "REVERTED, FAILED, 6",
        "SYNCED, REVERTED, 6"
    })
    void theRestartItselfDecides(SyncState state, DeploymentState deployment, int exit) {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        control.script(Sample.status("recsys", state, NEW, deployment(2, NEW, deployment)));
        assertThat(shell.plumb("restart", "recsys/serve", "--wait")).isEqualTo(exit);
    }

    @Test
    void aRestartThatWasSupersededIsNoSuccess() {
        superseded();
        assertThat(shell.plumb("restart", "recsys/serve", "--wait")).isEqualTo(Exit.FAILED);
        assertThat(shell.out()).contains("d-2 of a1a1a1a was superseded by b2b2b2b");
    }

    @Test
    void aWaitForACommitThatWasNotReadIsNoSuccess() {
        reply(Outcome.INCOMPLETE, null, NEW);
        control.script(Sample.status("recsys", SyncState.SYNCED));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DIFFERENT);
    }

    @Test
    void doesNotWaitForWhatIsStoppedAfterwards() {
        reply(Outcome.ACCEPTED, "d-2", NEW);
        var stable =
                Sample.status(
                        "recsys",
                        SyncState.SYNCED,
                        NEW,
                        deployment(2, NEW, DeploymentState.STABLE));
        control.script(Sample.cleaningUp(stable));
        assertThat(shell.plumb("sync", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .isEqualTo(
                        """
                        a sentence
                        recsys: Synced at b2b2b2b, 1/2 healthy: because of a test
                        """);
        reply(Outcome.ACCEPTED, "d-3", OLD);
        var back =
                Sample.status(
                        "recsys",
                        SyncState.ROLLED_BACK,
                        OLD,
                        deployment(3, NEW, DeploymentState.ROLLED_BACK));
        control.script(Sample.cleaningUp(back));
        assertThat(shell.plumb("rollback", "recsys", "--wait")).isEqualTo(Exit.DONE);
        assertThat(shell.out()).contains("recsys: RolledBack (RolledBack), 1/2 healthy");
    }
}
