package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.traffic.NetworkAlias;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clean-up that does not succeed keeps nothing else from being done. */
class CleanUpTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void one() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
        world.start();
        synced(push("1"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String version) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - {name: api, image: "web:VERSION"}
                            - {name: queue, image: "web:VERSION"}
                            - {name: web, image: "web:VERSION"}
                          rollout: {soak: 0s, keep: 0}
                        """
                                .replace("VERSION", version)));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private List<String> running() {
        return world.engine.all().stream()
                .filter(c -> c.state() == RunState.RUNNING)
                .map(c -> c.label("plumbline.image"))
                .toList();
    }

    private Stream<String> removals() {
        return List.copyOf(world.engine.calls()).stream().filter(c -> c.startsWith("remove "));
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    @Test
    void aRemovalThatIsUnderWayForEverKeepsNoOlderReleaseRunning() {
        world.engine.keepRemoving(true);
        synced(push("2"));
        synced(push("3"));
        assertThat(running()).containsOnly("web:3").hasSize(3);
        world.engine.forgetCalls();
        for (int i = 0; i < 50; i++) {
            world.engine.stir();
        }
        world.control().status("shop");
        assertThat(removals().count()).as("it is asked with growing pauses").isLessThan(13);
        world.await(
                "said",
                () -> {
                    world.skip(Duration.ofSeconds(10));
                    return events("CleanUpFailed").stream()
                            .anyMatch(e -> e.reason().contains("still has it"));
                });
        world.engine.keepRemoving(false);
        world.await(
                "removed",
                () -> {
                    world.skip(Duration.ofMinutes(1));
                    return world.engine.all().size() == 3;
                });
        assertThat(events("CleanUpFailed").size()).as("each once").isLessThanOrEqualTo(6);
    }

    @Test
    void anOldContainerThatCannotBeRemovedKeepsNoOtherFromBeingStopped() {
        var old = world.engine.all().getFirst().name();
        world.engine.before(
                (op, target) -> {
                    if (op.equals("remove") && target.equals(old)) {
                        throw new PlumblineException(
                                FailureKind.CONFLICT, "remove " + old + ": device is busy");
                    }
                });
        synced(push("2"));
        synced(push("3"));
        assertThat(running()).containsOnly("web:3").hasSize(3);
        assertThat(world.engine.all()).hasSize(4);
        assertThat(events("CleanUpFailed")).hasSize(1);
        assertThat(events("CleanUpFailed").getFirst().reason()).contains(old, "device is busy");
        world.engine.before((_, _) -> {});
        world.skip(Duration.ofMinutes(5));
        world.await("removed", () -> world.engine.all().size() == 3);
    }

    @Test
    void anOldContainerThatCannotBeStoppedIsSaidAndHoldsUpNoNewerCommit() {
        var old = world.engine.all().getFirst().name();
        world.engine.before(
                (op, target) -> {
                    if (op.equals("stop") && target.equals(old)) {
                        throw new PlumblineException(
                                FailureKind.TRANSIENT, "stop " + old + ": no answer");
                    }
                });
        push("2");
        world.await("others stopped", () -> running().size() == 4);
        world.awaitSoon("shop", s -> s.reason().contains("stop " + old + ": no answer"));
        var commit = push("3");
        world.await("three", () -> running().stream().filter("web:3"::equals).count() == 3);
        world.await("others stopped", () -> running().size() == 4);
        world.engine.before((_, _) -> {});
        world.skip(Duration.ofMinutes(5));
        synced(commit);
        assertThat(running()).containsOnly("web:3").hasSize(3);
    }

    /** The target serves alone when the rollback ends; how long a stop takes does not matter. */
    @Test
    void aRollbackEndsBeforeWhatItLeavesIsStopped() {
        synced(push("2"));
        var go = new CountDownLatch(1);
        world.engine.before(
                (op, _) -> {
                    if (op.equals("stop")) {
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    }
                });
        world.control().execute(Command.rollback("shop"), FleetScene.ANNA);
        try {
            world.awaitSoon("shop", s -> !s.cleanUp().isEmpty());
            var status = world.status("shop");
            assertThat(Objects.requireNonNull(status.deployment()).state())
                    .isEqualTo(DeploymentState.ROLLED_BACK);
            assertThat(status.state()).isEqualTo(SyncState.ROLLED_BACK);
            assertThat(status.cleanUp()).contains("stopping what ran before");
            assertThat(running()).contains("web:1", "web:2");
            assertThat(named()).containsOnly("web:1").hasSize(3);
        } finally {
            go.countDown();
        }
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(running()).containsOnly("web:1").hasSize(3);
    }

    /** A published port receives requests until its container is stopped, also after a failure. */
    @Test
    void aRollbackWaitsForAPortThatCannotBeClosedYet() {
        var shop =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: shop}
                spec:
                  services:
                    - {name: api, image: "web:1"}
                    - {name: worker, image: "web:2"}
                    - name: proxy
                      image: "web:2"
                      dependsOn: [worker]
                      ports: [{container: 80, host: "9090"}]
                  rollout: {soak: 0s, keep: 0}
                """;
        synced(world.git.commit(Map.of("shop.yaml", shop)));
        world.engine.before(
                (op, target) -> {
                    if (op.equals("stop") && target.contains("proxy")) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "stop: no answer");
                    }
                });
        world.control().execute(Command.rollback("shop"), FleetScene.ANNA);
        world.await("tried", () -> !events("CleanUpFailed").isEmpty());
        world.await("worker stopped", () -> running().size() == 4);
        assertThat(Objects.requireNonNull(world.status("shop").deployment()).state())
                .isEqualTo(DeploymentState.REVERTING);
        world.engine.before((_, _) -> {});
        world.await(
                "rolled back",
                () -> {
                    world.skip(Duration.ofMinutes(1));
                    return world.status("shop").state() == SyncState.ROLLED_BACK;
                });
        world.await("stopped", () -> running().size() == 3);
        assertThat(running()).containsOnly("web:1");
    }

    @Test
    void aKilledAgentEndsTheCleanUpOfARollback() {
        synced(push("2"));
        world.engine.before(
                (op, _) -> {
                    if (op.equals("stop")) {
                        throw new PlumblineException(FailureKind.TRANSIENT, "stop: no answer");
                    }
                });
        world.control().execute(Command.rollback("shop"), FleetScene.ANNA);
        world.awaitSoon("shop", s -> !s.cleanUp().isEmpty());
        world.killAt(1, true);
        world.engine.before((_, _) -> {});
        world.skip(Duration.ofMinutes(1));
        world.await("killed", world::killed);
        world.startAgain();
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(running()).containsOnly("web:1").hasSize(3);
    }

    /** Returns the images of the running containers that receive requests. */
    private List<String> named() {
        return world.engine.all().stream()
                .filter(c -> c.state() == RunState.RUNNING)
                .filter(c -> NetworkAlias.isNamed(c, "plumbline_shop"))
                .map(c -> c.label("plumbline.image"))
                .toList();
    }
}
