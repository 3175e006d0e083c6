package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Run;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.testkit.FakeJob;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * An agent that is killed before or after any of its changes, to the ledger or the engine, while
 * steps run: the next one goes on, no step runs twice, and no container of a step is left.
 */
@Tag("long")
class StepsCrashTest {
    /** The changes until the deployment of the service begins, and some of it. */
    private static final int CHANGES = 40;

    private static final String MANIFEST =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: shop}
            spec:
              steps:
                - name: data
                  image: tool:1
                  command: [data]
                  outputs: {data: {path: /out/data}}
                - name: train
                  image: tool:1
                  command: [train]
                  inputs: {data: {from: data.data, path: /in/data}}
                  outputs: {model: {type: model, path: /out/model}}
              services:
                - name: web
                  image: web:1
                  inputs: {model: {from: train.model, path: /model}}
              rollout: {soak: 0s}
            """;

    private static FakeJob.Ending work(Map<String, AtomicInteger> ran, FakeJob.Start start) {
        var step = start.command().getFirst();
        ran.computeIfAbsent(step, _ -> new AtomicInteger()).incrementAndGet();
        return step.equals("data")
                ? FakeJob.Ending.DONE.with("/out/data", "rows")
                : FakeJob.Ending.DONE.with("/out/model/weights", "on " + start.text("/in/data"));
    }

    /** Whether the agent was killed at that change. */
    private static boolean killed(int call, boolean before) {
        var ran = new ConcurrentHashMap<String, AtomicInteger>();
        try (var world = new InMemoryAgent()) {
            world.engine.localImage("web:1");
            world.engine.localImage("tool:1").runs(start -> work(ran, start));
            world.start();
            world.await("ready", () -> world.control().notReady().isEmpty());
            var commit = world.git.commit(Map.of("shop.yaml", MANIFEST));
            world.killAt(call, before);
            world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
            boolean killed = world.killed();
            if (killed) {
                world.startAgain();
            }
            world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
            var what = (before ? "before" : "after") + " change " + call;
            var counts = new TreeMap<String, Integer>();
            ran.forEach((step, count) -> counts.put(step, count.get()));
            assertThat(counts).as(what).isEqualTo(Map.of("data", 1, "train", 1));
            assertThat(world.ledger.runs().newest("shop", 10))
                    .as(what)
                    .hasSize(1)
                    .allMatch(r -> r.is(Run.SUCCEEDED));
            world.await(
                    what + ": no container of a step is left",
                    () ->
                            world.engine.all().stream()
                                    .allMatch(c -> c.label("plumbline.step").isEmpty()));
            return killed;
        }
    }

    @Test
    void noStepRunsTwiceWhereverTheAgentIsKilled() {
        for (var before : new boolean[] {true, false}) {
            for (int call = 1; call <= CHANGES; call++) {
                assertThat(killed(call, before)).isTrue();
            }
        }
    }
}
