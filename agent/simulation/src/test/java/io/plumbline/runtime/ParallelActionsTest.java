package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Independent actions of one engine run at the same time, and others do not. */
class ParallelActionsTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(int services, String more) {
        var text = new StringBuilder();
        text.append("apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: shop}\nspec:\n");
        text.append("  rollout: {soak: 0s}\n  services:\n");
        for (int i = 0; i < services; i++) {
            text.append("    - {name: s").append(i).append(", image: app:1").append(more);
            text.append("}\n");
        }
        return text.toString();
    }

    private void deployed(String manifest) {
        world.engine.localImage("app:1");
        world.start();
        var commit = world.git.commit(Map.of("shop.yaml", manifest));
        world.await(
                "shop",
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && s.health() == HealthState.HEALTHY);
    }

    private List<PipelineEvent> actions(String word) {
        return world.ledger.lastEvents("shop", Long.MAX_VALUE, 1000).stream()
                .filter(e -> e.type().equals(EventType.ACTION.word()))
                .filter(e -> e.reason().startsWith(word))
                .toList();
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException("they do not run at the same time", e);
        }
    }

    @Test
    void eightServicesStartAtTheSameTime() {
        var all = new CyclicBarrier(8);
        world.engine.before(
                (operation, _) -> {
                    if (operation.equals("start")) {
                        meet(all);
                    }
                });
        deployed(manifest(16, ""));
        assertThat(world.engine.all()).hasSize(16);
    }

    @Test
    void asManyAreWrittenInOneWriteAsMayRun() {
        deployed(manifest(8, ""));
        var created = actions("create shop-");
        assertThat(created).hasSize(8);
        long first = created.getFirst().seq();
        assertThat(actions("start shop-").getLast().seq())
                .as("eight units of create and start, and nothing in between")
                .isEqualTo(first + 15);
    }

    @Test
    void withAParallelismOfOneEachIsDoneAfterTheOther() {
        world.parallelism = 1;
        var running = new AtomicInteger();
        var most = new AtomicInteger();
        world.engine.before(
                (operation, _) -> {
                    if (operation.equals("create")) {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    } else if (operation.equals("start")) {
                        running.decrementAndGet();
                    }
                });
        deployed(manifest(6, ""));
        assertThat(most).hasValue(1);
        assertThat(actions("create").size()).isEqualTo(6 + 2);
        assertThat(world.engine.calls().stream().filter(c -> !c.contains("etwork")))
                .as("created and started in turns")
                .allMatch(c -> c.startsWith("create") || c.startsWith("start"));
    }

    @Test
    void aServiceStartsOnlyAfterThoseThatItNeeds() {
        deployed(manifest(3, "") + "    - {name: last, image: app:1, dependsOn: [s0, s1, s2]}\n");
        var calls = world.engine.calls();
        int created = index(calls, "create shop-last");
        for (int i = 0; i < 3; i++) {
            assertThat(index(calls, "start shop-s" + i)).isLessThan(created);
        }
    }

    private static int index(List<String> calls, String begin) {
        for (int i = 0; i < calls.size(); i++) {
            if (calls.get(i).startsWith(begin)) {
                return i;
            }
        }
        throw new AssertionError(begin + " in " + calls);
    }

    @Test
    void oneThatFailsDoesNotCancelTheOthersInFlight() {
        var all = new CyclicBarrier(4);
        var fails = new AtomicBoolean(true);
        world.engine.before(
                (operation, target) -> {
                    if (operation.equals("start") && fails.get()) {
                        meet(all);
                        if (target.startsWith("shop-s2-")) {
                            fails.set(false);
                            throw new PlumblineException(
                                    FailureKind.TRANSIENT, "start: dbus timed out");
                        }
                    }
                });
        deployed(manifest(4, ""));
        var tried = world.ledger.lastEvents("shop", Long.MAX_VALUE, 1000);
        assertThat(tried)
                .filteredOn(e -> e.type().equals(EventType.TRYING_AGAIN.word()))
                .extracting(PipelineEvent::reason)
                .containsExactly("start: dbus timed out");
        for (int i = 0; i < 4; i++) {
            assertThat(actions("create shop-s" + i)).hasSize(i == 2 ? 2 : 1);
        }
        assertThat(world.status("shop").quarantined()).isEmpty();
    }

    @Test
    void oneReplicaOfAServiceIsReplacedAtATime() {
        deployed(manifest(2, ", replicas: 3"));
        world.engine.forgetCalls();
        world.engine.localImage("app:2");
        var commit =
                world.git.commit(
                        Map.of(
                                "shop.yaml",
                                manifest(2, ", replicas: 3").replace("app:1", "app:2")));
        world.await(
                "shop",
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && world.keeps("shop"));
        for (int i = 0; i < 2; i++) {
            var service = "shop-s" + i + "-";
            var steps =
                    world.engine.calls().stream()
                            .filter(c -> c.contains(service))
                            .filter(c -> c.startsWith("create") || c.startsWith("connect"))
                            .filter(c -> !c.endsWith("[]"))
                            .map(c -> c.replaceAll(" .*", ""))
                            .toList();
            assertThat(steps)
                    .as("a replica has its name before the next one is created")
                    .startsWith("create", "connect", "create", "connect", "create", "connect");
        }
    }
}
