package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.GitSource.CommitInfo;
import io.plumbline.testkit.Sample;
import org.junit.jupiter.api.Test;

/** What {@code plumb why} prints. */
class WhyTextTest extends WithAgent {
    @Test
    void whyAnswersFirstAndLeavesStepsOut() {
        control.commits.put(
                Sample.COMMIT,
                new CommitInfo(Sample.COMMIT, "Ada", Sample.AT, "serve 1.4.2, new ranking"));
        control.script(Sample.status("recsys", SyncState.REVERTED));
        control.happen(Sample.event(1, "recsys", "DeploymentStarted"));
        control.happen(Sample.event(2, "recsys", "Action"));
        control.happen(Sample.event(3, "recsys", "RevertStarted"));
        assertThat(shell.plumb("why", "recsys")).isEqualTo(Exit.DONE);
        var lines = shell.out().lines().toList();
        assertThat(lines.getFirst())
                .isEqualTo(
                        "recsys runs b2b2b2b \"serve 1.4.2, new ranking\", not the head b2b2b2b"
                                + " \"serve 1.4.2, new ranking\", which failed: because of a test.");
        assertThat(shell.out())
                .contains("DeploymentStarted", "RevertStarted")
                .doesNotContain("Action")
                .contains("next: plumb logs recsys/serve --failed; push a correction")
                .endsWith("all events: plumb events recsys\n");
    }

    private String why(SyncState state, String reason, String unhealthy) {
        control.script(Sample.reason("hello", state, reason, unhealthy));
        assertThat(shell.plumb("why", "hello")).isEqualTo(Exit.DONE);
        return shell.out();
    }

    @Test
    void whyOfARefusedManifestEndsWithTheNextStep() {
        var reason = "pipelines/hello.yaml:8:17: spec.services[0].replicas: too small";
        assertThat(
                        why(
                                SyncState.BLOCKED,
                                reason + "; commit b2b2b2b is refused since 07:27:24Z",
                                ""))
                .startsWith(
                        "hello does not deploy the head b2b2b2b: "
                                + reason
                                + "; commit b2b2b2b is refused since 07:27:24Z."
                                + " What runs stays: b2b2b2b.\n")
                .contains(
                        "next: correct pipelines/hello.yaml:8 and push; check with: plumb validate"
                                + " pipelines\n");
        assertThat(why(SyncState.BLOCKED, "engine local does not answer.", ""))
                .contains("does not answer. What runs stays: b2b2b2b.\n")
                .contains("next: plumb engines\n");
        assertThat(why(SyncState.BLOCKED, "no such image", ""))
                .contains("next: correct the cause; plumb sync hello tries again at once\n");
    }

    @Test
    void whyOfAPipelineThatLeftGitDoesNotSayThatItStays() {
        var reason =
                "hello is in no manifest of commit b2b2b2b; it is stopped at 08:20:00Z. To remove it"
                        + " now: `plumb sync hello --prune`";
        assertThat(why(SyncState.BLOCKED, reason, ""))
                .startsWith(reason + ".\n")
                .doesNotContain("stays")
                .contains("next: bring the manifest back and push, or plumb sync hello --prune\n");
    }

    /** The reason says itself which release failed. */
    @Test
    void whyOfAHeadThatRendersAFailedReleaseNamesThatFailure() {
        var reason = "the head renders v1:9052888214, which failed as 9dff3cc: web: CRASH-X";
        assertThat(why(SyncState.REVERTED, reason, ""))
                .startsWith("hello runs b2b2b2b, not the head b2b2b2b: " + reason + ".\n")
                .contains("next: plumb logs hello/serve --release v1:9052888214; push");
    }

    /** Nothing was deployed since it was healthy. */
    @Test
    void anUnhealthyServiceIsRestartedBeforeARollback() {
        var unwell = "serve: 1 of 1 replicas unhealthy";
        var text = why(SyncState.SYNCED, unwell, unwell);
        assertThat(text)
                .containsOnlyOnce(unwell)
                .contains("0 of 1 replicas healthy, 1 restart.\n")
                .contains(
                        "next: plumb logs hello/serve; plumb restart hello/serve; plumb rollback"
                                + " hello\n");
        assertThat(shell.plumb("status", "hello")).isZero();
        assertThat(shell.out())
                .containsOnlyOnce(unwell)
                .endsWith(
                        "next: plumb why hello; plumb logs hello/serve; plumb restart hello/serve;"
                                + " plumb rollback hello\n");
    }

    private static PipelineEvent event(int seq, String type, String reason) {
        return new PipelineEvent(
                seq, Sample.AT, "hello", "d-1", "local", "serve", type, "", "", "", reason);
    }

    @Test
    void whyBeginsAtTheLastStableStateAndGroupsRepeats() {
        control.script(Sample.reason("hello", SyncState.REVERTED, "it failed", ""));
        control.happen(event(1, "Reverted", "an old failure"));
        control.happen(event(2, "DeploymentStable", "healthy and soaked"));
        for (int i = 3; i < 10; i++) {
            control.happen(event(i, "TryingAgain", "try " + i));
        }
        control.happen(event(10, "Reverted", "it failed"));
        assertThat(shell.plumb("why", "hello")).isZero();
        assertThat(shell.out())
                .doesNotContain("an old failure", "try 8")
                .containsPattern("DeploymentStable +healthy and soaked")
                .containsPattern("TryingAgain \\(7 times\\) +try 9\n");
    }

    @Test
    void whyOfAPipelineThatNeverRanNamesWhatBlocksIt() {
        control.script(Sample.unknown("recsys"));
        assertThat(shell.plumb("why", "recsys")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .startsWith("The state of recsys is not known: not observed yet.\n")
                .contains("next: plumb engines");
    }

    @Test
    void whyOfAServiceSaysHowItIs() {
        assertThat(shell.plumb("why", "recsys/serve")).isEqualTo(Exit.DONE);
        assertThat(shell.out())
                .contains(
                        "Service serve on engine local is Healthy: 1 of 2 replicas healthy, 3 restarts.");
    }
}
