package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Run;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.testkit.FakeJob;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Parameters and placeholders of steps, in a whole agent. */
class ParamsLoopTest {
    private final InMemoryAgent world = new InMemoryAgent();

    /** The commands that ran, in their order. */
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
        return FakeJob.Ending.DONE.with("/out/model", "a model");
    }

    private Run push(String params, String command, String other) {
        var commit =
                world.git.commit(
                        Map.of(
                                "shop.yaml",
                                """
                                apiVersion: plumbline/v1
                                kind: Pipeline
                                metadata: {name: shop, labels: {other: "%s"}}
                                spec:
                                  params: {%s}
                                  steps:
                                    - name: train
                                      image: tool:1
                                      command: [%s]
                                      outputs: {model: {path: /out/model}}
                                  services:
                                    - name: web
                                      image: web:1
                                      inputs: {model: {from: train.model, path: /model}}
                                  rollout: {soak: 0s}
                                """
                                        .formatted(other, params, command)));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        return world.ledger.runs().newest("shop", 1).getFirst();
    }

    @Test
    void aChangedValueRunsTheStepsThatTakeIt() {
        push("rate: {default: 1}", "train, '{{params.rate}}', '{{outputs.model.path}}'", "");
        push("rate: {default: 2}", "train, '{{params.rate}}', '{{outputs.model.path}}'", "");
        assertThat(ran).containsExactly("train 1 /out/model", "train 2 /out/model");
    }

    @Test
    void aValueThatTheTextHadBeforeIsAHit() {
        push("rate: {default: 1}", "train, '{{params.rate}}'", "");
        var second = push("rate: {default: 2}", "train, '1'", "");
        assertThat(ran).containsExactly("train 1");
        assertThat(second.steps().getFirst().cachedFrom()).isEqualTo(1);
    }

    @Test
    void aStepWithTheCommitRunsForEachCommit() {
        var first = push("", "train, '{{commit}}', '{{run.id}}'", "a");
        var second = push("", "train, '{{commit}}', '{{run.id}}'", "b");
        assertThat(ran)
                .containsExactly(
                        "train " + first.commit() + " 1", "train " + second.commit() + " 2");
    }

    @Test
    void aStepWithoutTheCommitDoesNot() {
        push("", "train", "a");
        push("", "train", "b");
        assertThat(ran).containsExactly("train");
    }
}
