package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.testkit.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --wait}. */
class WaitingTest extends WithAgent {
    private static Deployment deployment(int number, String release, DeploymentState state) {
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
                        recsys: Synced (Stable), 1/2 healthy: because of a test
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
                .endsWith("\r\u001b[Krecsys: Synced (Stable), 1/2 healthy: because of a test\n");
    }
}
