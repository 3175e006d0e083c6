package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.testkit.FakeJob;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Gates that an operator opens, in a whole agent. */
class ApprovalsLoopTest {
    private static final Caller ANNA = new Caller("anna", "looked at it", false);

    private final InMemoryAgent world = new InMemoryAgent();
    private final List<String> ran = new CopyOnWriteArrayList<>();

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        world.engine.localImage("tool:1").runs(this::work);
        world.start();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private FakeJob.Ending work(FakeJob.Start start) {
        ran.add(String.join(" ", start.command()));
        return FakeJob.Ending.DONE
                .with("/out/model", "model " + start.command())
                .with("/out/metrics", "{\"auc\": " + start.command().getLast() + "}");
    }

    private String push(String auc, String gates) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          steps:
                            - name: train
                              image: tool:1
                              command: [train, "%s"]
                              outputs:
                                model: {path: /out/model}
                                metrics: {type: metrics, path: /out/metrics}
                          gates: [%s]
                          services:
                            - name: web
                              image: web:1
                              inputs: {model: {from: train.model, path: /model}}
                          rollout: {soak: 0s}
                        """
                                .formatted(auc, gates)));
    }

    private String push(String auc) {
        return push(auc, "{metric: {name: auc, from: train.metrics, min: 0.5}}, {approval: {}}");
    }

    private PipelineStatus awaits(String commit, SyncState state, String said) {
        world.await(
                "shop",
                s -> commit.equals(s.head()) && s.state() == state && s.reason().contains(said));
        return world.status("shop");
    }

    private void waits(String commit) {
        awaits(commit, SyncState.PROGRESSING, "waits for `plumb approve shop`");
    }

    private Outcome approve() {
        return world.control().execute(new Command.Approve("shop"), ANNA).outcome();
    }

    private Outcome reject() {
        return world.control().execute(new Command.Reject("shop"), ANNA).outcome();
    }

    private Run newest() {
        return world.ledger.runs().newest("shop", 1).getFirst();
    }

    private void deployed(String commit) {
        waits(commit);
        assertThat(approve()).isEqualTo(Outcome.ACCEPTED);
        awaits(commit, SyncState.SYNCED, "");
    }

    @Test
    void nothingIsDeployedUntilSomebodyApproves() {
        var first = push("0.8");
        waits(first);
        assertThat(world.engine.all()).noneMatch(c -> c.label("plumbline.service").equals("web"));
        var dry = world.control().execute(new Command.Approve("shop"), new Caller("a", "", true));
        assertThat(dry.outcome()).isEqualTo(Outcome.WOULD_CHANGE);
        waits(first);
        assertThat(approve()).isEqualTo(Outcome.ACCEPTED);
        awaits(first, SyncState.SYNCED, "");
        assertThat(newest().gates())
                .extracting(GateResult::reason)
                .last()
                .isEqualTo("approved by anna: looked at it");
        assertThat(approve()).isEqualTo(Outcome.NOTHING_HAPPENS);
    }

    @Test
    void aRejectedCommitLeavesTheServicesAndARetryAsksAgain() {
        deployed(push("0.8"));
        var second = push("0.9");
        waits(second);
        assertThat(reject()).isEqualTo(Outcome.ACCEPTED);
        awaits(second, SyncState.REVERTED, "rejected by anna: looked at it");
        assertThat(reject()).isEqualTo(Outcome.NOTHING_HAPPENS);
        world.control().execute(new Command.Retry("shop", null), ANNA);
        deployed(second);
        assertThat(ran).containsExactly("train 0.8", "train 0.9");
    }

    @Test
    void aRestartOfTheAgentGoesOnWaiting() {
        var first = push("0.8");
        waits(first);
        world.startAgain();
        deployed(first);
        assertThat(ran).hasSize(1);
    }

    @Test
    void anotherCommitEndsTheWait() {
        waits(push("0.8"));
        var second = push("0.9");
        world.await("shop", s -> newest().number() == 2);
        deployed(second);
        assertThat(world.ledger.runs().newest("shop", 2).getLast().is(Run.CANCELLED)).isTrue();
    }

    @Test
    void anApprovalThatIsTooLateFails() {
        var first = push("0.8", "{approval: {timeout: 1h}}");
        waits(first);
        world.skip(Duration.ofMinutes(61));
        world.control().execute(Command.sync("shop"), ANNA);
        awaits(first, SyncState.FAILED, "nobody approved it within 1h");
    }

    @Test
    void nobodyIsAskedWhereABoundDoesNotHold() {
        var first = push("0.3");
        awaits(first, SyncState.FAILED, "auc is 0.3");
        assertThat(approve()).isEqualTo(Outcome.NOTHING_HAPPENS);
    }

    @Test
    void twoApprovalsAreGivenOneAfterTheOther() {
        var first = push("0.8", "{approval: {}}, {approval: {}}");
        waits(first);
        assertThat(approve()).isEqualTo(Outcome.ACCEPTED);
        world.await(
                "one of two", () -> newest().gates().size() == 1 && !newest().reason().isEmpty());
        assertThat(approve()).isEqualTo(Outcome.ACCEPTED);
        awaits(first, SyncState.SYNCED, "");
    }

    @Test
    void aRollbackAsksNobody() {
        var first = push("0.8");
        deployed(first);
        deployed(push("0.9"));
        waits(push("0.95"));
        var reply = world.control().execute(Command.rollback("shop"), ANNA);
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        world.await(
                "shop",
                s -> {
                    var d = s.deployment();
                    return d != null
                            && first.equals(d.commit())
                            && d.state() == DeploymentState.ROLLED_BACK;
                });
    }
}
