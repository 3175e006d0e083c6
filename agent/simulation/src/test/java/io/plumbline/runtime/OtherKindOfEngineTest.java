package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.Replica;
import io.plumbline.testkit.ClusterDriver;
import io.plumbline.testkit.FakeCluster;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A whole agent on engines that have no containers: nothing above the seam needs them. */
class OtherKindOfEngineTest {
    private static final Caller ANNA = new Caller("anna", "", false);

    private final FakeCluster cluster = new FakeCluster("local");
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void begin() {
        world.drivers = List.of(ClusterDriver.of(cluster));
        world.start();
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
                            - name: web
                              image: web:VERSION
                              replicas: 2
                          rollout: {soak: 0s, pruneGrace: 1s}
                        """
                                .replace("VERSION", version)));
    }

    private void synced(String commit) {
        world.await(
                "shop",
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && s.health() == HealthState.HEALTHY);
        world.await("keeps", () -> world.keeps("shop"));
    }

    private List<String> images() {
        return cluster.running("shop").stream().map(r -> r.origin().image()).distinct().toList();
    }

    private List<String> ids() {
        return cluster.running("shop").stream().map(Replica::id).toList();
    }

    private boolean told(String type) {
        return world.ledger.lastEvents("shop", 1000).stream().anyMatch(e -> e.type().equals(type));
    }

    private static String deployed(PipelineStatus s) {
        return Objects.requireNonNull(s.release());
    }

    @Test
    void aCommitIsDeployedAndTheNextReplacesIt() {
        synced(push("1"));
        assertThat(cluster.running("shop")).hasSize(2);
        assertThat(ids()).allMatch(cluster::serves);
        synced(push("2"));
        assertThat(images()).containsExactly("web:2");
        assertThat(cluster.replicas("shop")).as("kept for a rollback").hasSize(4);
        assertThat(world.status("shop").services().getFirst().running()).isEqualTo(2);
    }

    @Test
    void aReleaseThatFailsByItsOwnFaultIsReverted() {
        synced(push("1"));
        var before = ids();
        cluster.breaks("web:2");
        push("2");
        world.await("shop", s -> s.state() == SyncState.REVERTED);
        assertThat(images()).containsExactly("web:1");
        assertThat(ids()).as("what served was not touched").isEqualTo(before);
        assertThat(world.status("shop").quarantined()).hasSize(1);
    }

    @Test
    void aFaultOfTheHostRevertsNothing() {
        synced(push("1"));
        cluster.refuses("no space left on device");
        var head = push("2");
        world.await("shop", s -> s.reason().contains("no space left on device"));
        assertThat(world.status("shop").quarantined()).isEmpty();
        assertThat(images()).containsExactly("web:1");
        cluster.refuses(null);
        world.control().execute(Command.sync("shop"), ANNA);
        synced(head);
    }

    @Test
    void anOperatorRollsBackToKeptReplicas() {
        synced(push("1"));
        var first = deployed(world.status("shop"));
        var before = ids();
        synced(push("2"));
        var reply = world.control().execute(Command.rollback("shop"), ANNA);
        assertThat(reply.release()).isEqualTo(first);
        world.await("shop", s -> s.state() == SyncState.ROLLED_BACK);
        assertThat(ids()).as("the same replicas").containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void driftIsRepaired() {
        synced(push("1"));
        var gone = ids().getFirst();
        cluster.ends(gone, 137);
        world.await("told", () -> told("DriftDetected"));
        world.await("repaired", () -> told("DriftRepaired") && cluster.running("shop").size() == 2);
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
    }

    @Test
    void lostHealthIsShown() {
        synced(push("1"));
        cluster.unhealthy(ids().getFirst());
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        assertThat(told("HealthLost")).isTrue();
        assertThat(world.status("shop").healthReason()).contains("the cluster's check");
    }

    @Test
    void anEngineThatIsAwayIsUnknownAndNothingIsReverted() {
        synced(push("1"));
        var before = ids();
        cluster.away(true);
        var head = push("2");
        world.await("shop", s -> s.state() == SyncState.UNKNOWN || s.state() == SyncState.BLOCKED);
        assertThat(told("RevertStarted")).isFalse();
        assertThat(ids()).isEqualTo(before);
        cluster.away(false);
        synced(head);
    }

    @Test
    void anotherProcessTouchesNothing() {
        synced(push("1"));
        int calls = cluster.calls().size();
        world.startAgain();
        world.await("keeps", () -> world.keeps("shop"));
        assertThat(cluster.calls()).hasSize(calls);
    }

    @Test
    void whatRunsIsTakenUpAfterTheLossOfTheLedger() {
        synced(push("1"));
        var before = ids();
        int calls = cluster.calls().size();
        world.loseLedger();
        world.await("shop", s -> s.state() == SyncState.SYNCED);
        assertThat(told("Adopted")).isTrue();
        assertThat(ids()).isEqualTo(before);
        assertThat(cluster.calls()).hasSize(calls);
    }

    @Test
    void whatLeavesGitIsRemoved() {
        synced(push("1"));
        world.git.commit(Map.of("readme.txt", "nothing here"));
        world.control().execute(new Command.Sync("shop", false, true), ANNA);
        world.await("gone", () -> cluster.replicas("shop").isEmpty());
    }
}
