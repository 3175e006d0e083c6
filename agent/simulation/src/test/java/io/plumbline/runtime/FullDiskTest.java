package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The ledger cannot be written for a while, as on a full disk: that leaves no mark. */
@Tag("long")
class FullDiskTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
    }

    @AfterEach
    void end() {
        world.ledger.beforeEachWrite(() -> {});
        world.close();
    }

    private String push(String name, String version) {
        var text =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: NAME}
                spec:
                  services: [{name: web, image: web:VERSION}]
                  rollout: {soak: 0s}
                """;
        return world.git.commit(
                Map.of(
                        "shop.yaml", text.replace("NAME", "shop").replace("VERSION", version),
                        "other.yaml", text.replace("NAME", name).replace("VERSION", "1")));
    }

    private void synced(String pipeline, String commit) {
        world.await(pipeline, s -> commit.equals(s.commit()) && s.state() == SyncState.SYNCED);
    }

    private static PlumblineException full() {
        return new PlumblineException(FailureKind.TRANSIENT, "write: database or disk is full");
    }

    @Test
    void anAgentStartsOnAFullDiskAndDeploysWhenThereIsRoom() {
        var commit = push("other", "1");
        var full = new AtomicBoolean(true);
        world.ledger.beforeEachWrite(
                () -> {
                    if (full.get()) {
                        throw full();
                    }
                });
        world.start();
        world.await("shop", s -> s.release() == null);
        full.set(false);
        synced("shop", commit);
        synced("other", commit);
    }

    @Test
    void anAgentWithPipelinesStartsOnAFullDisk() {
        world.start();
        synced("shop", push("other", "1"));
        var full = new AtomicBoolean(true);
        world.ledger.beforeEachWrite(
                () -> {
                    if (full.get()) {
                        throw full();
                    }
                });
        world.startAgain();
        world.await("shop", s -> s.release() != null);
        full.set(false);
        synced("shop", push("other", "2"));
    }

    /** Seed 447 of the simulation: the new commit counted as what the last one had rendered. */
    @Test
    void aReleaseThatCouldNotBeStoredIsStoredLater() {
        world.start();
        synced("shop", push("other", "1"));
        world.await("keeps", () -> world.keeps("shop"));
        world.control().execute(Command.sync("shop"), FleetScene.ANNA);
        var before = world.status("shop").release();
        var failed = new AtomicBoolean();
        world.ledger.beforeEachWrite(
                () -> {
                    boolean shops = Thread.currentThread().getName().equals("pipeline-shop");
                    if (shops && !failed.getAndSet(true)) {
                        throw full();
                    }
                });
        var commit = push("other", "2");
        synced("shop", commit);
        assertThat(failed).isTrue();
        assertThat(world.status("shop").release()).isNotEqualTo(before);
    }

    @Test
    void twoDeploymentsNeverHaveTheSameIdAlthoughOneWriteFailed() {
        world.start();
        var failed = new AtomicBoolean();
        world.ledger.beforeEachWrite(
                () -> {
                    boolean shops = Thread.currentThread().getName().equals("pipeline-shop");
                    boolean begun = shops && !world.ledger.history("shop", 1).isEmpty();
                    if (begun && !failed.getAndSet(true)) {
                        throw full();
                    }
                });
        synced("shop", push("other", "1"));
        synced("shop", push("other", "2"));
        assertThat(failed).isTrue();
        assertThat(world.ledger.history("shop", 9).stream().map(DeploymentRecord::id))
                .hasSizeGreaterThanOrEqualTo(2)
                .doesNotHaveDuplicates();
    }

    /** The agent writes each action first, so a repair waits; what waits is shown. */
    @Test
    void driftOnAFullDiskIsShownAndRepairedWhenThereIsRoom() {
        world.start();
        var commit = push("other", "1");
        synced("shop", commit);
        synced("other", commit);
        world.await("keeps", () -> world.keeps("shop"));
        assertThat(world.control().notReady()).isEmpty();
        var full = new AtomicBoolean(true);
        world.ledger.beforeEachWrite(
                () -> {
                    if (full.get()) {
                        throw full();
                    }
                });
        var web = running("shop");
        world.engine.stop(web, Duration.ZERO);

        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason())
                .contains("cannot write its record", "disk is full");
        assertThat(world.control().notReady())
                .singleElement()
                .asString()
                .contains("cannot write its record", "disk is full");
        assertThat(world.engine.inspect(web).orElseThrow().state()).isEqualTo(RunState.EXITED);

        full.set(false);
        synced("shop", commit);
        synced("other", commit);
        world.await(
                "repaired",
                () ->
                        world.ledger.lastEvents("shop", 50).stream()
                                .anyMatch(e -> e.type().equals("DriftRepaired")));
        world.await("ready", () -> world.control().notReady().isEmpty());
        assertThat(running("shop")).isNotEmpty();
    }

    private String running(String pipeline) {
        return world.engine.all().stream()
                .filter(c -> c.label(Labels.PIPELINE).equals(pipeline))
                .filter(c -> c.state() == RunState.RUNNING)
                .findFirst()
                .orElseThrow()
                .id();
    }
}
