package io.plumbline.engine.docker.observe;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.enginesim.SimFault;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.SimulatedFleet;
import io.plumbline.runtime.Threads;
import io.plumbline.runtime.engine.EnginePace;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The real adapter and a simulated engine behind a real socket, of which some paths are never
 * answered: the engine stays reachable, and what hangs costs one connection at a time.
 */
@Tag("long")
class HangingObjectTest {
    private static final EnginePace QUICK =
            new EnginePace(
                    Duration.ofMillis(200),
                    new Backoff(Duration.ofMillis(20), Duration.ofMillis(200)),
                    Duration.ofSeconds(1),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(5));

    private final SimulatedFleet fleet =
            new SimulatedFleet(1, 40, 10).start(QUICK, Duration.ofSeconds(3));

    @AfterEach
    void close() {
        fleet.close();
    }

    private EngineWatcher watcher() {
        return fleet.watcher(0);
    }

    private String id(String pipeline, String service) {
        var name = fleet.container(pipeline, service);
        return watcher().last(pipeline).stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow()
                .id();
    }

    private static String path(String id) {
        return "/containers/" + id + "/json";
    }

    private boolean doesNotAnswer(String pipeline, String id) {
        return watcher().lastState(pipeline).unresponsive().containers().containsKey(id);
    }

    @Test
    void aContainerWhoseInspectHangsTakesNeitherItsEngineNorItsNeighboursAlong() {
        var id = id("p0-0", "s1");
        fleet.sim(0).hang(path(id));
        watcher().touched(id);
        assertThat(fleet.plan("p0-1").isEmpty()).isTrue();
        assertThat(doesNotAnswer("p0-0", id)).as("a neighbour does not ask for it").isFalse();
        fleet.plan("p0-0");
        await().until(() -> doesNotAnswer("p0-0", id));
        for (int i = 0; i < 200; i++) {
            // An event each time, as a health check makes them.
            watcher().touched(id);
            fleet.plan("p0-0");
            assertThat(fleet.plan("p0-" + (1 + i % 3)).isEmpty()).isTrue();
        }
        var neighbour = id("p0-0", "s2");
        watcher().engine().stop(neighbour, Duration.ZERO);
        watcher().touched(neighbour);
        var plan = fleet.plan("p0-0");
        assertThat(plan.actions()).as("its neighbour is repaired").isNotEmpty();
        assertThat(plan.actions()).noneMatch(a -> a.container().contains("-s1-"));
        assertThat(plan.withheld()).singleElement().asString().contains("docker rm -f");
        assertThat(watcher().seen().reachable()).isTrue();
        assertThat(watcher().figures().breaker()).isEqualTo("Closed");
        assertThat(watcher().unreachableFor()).isEmpty();

        assertThat(fleet.sim(0).mostWaiting()).as("questions under way at a time").isEqualTo(1);
        await().untilAsserted(
                        () -> {
                            assertThat(Threads.named("engine-e0-call")).isZero();
                            assertThat(Threads.named("engine-e0-inspect")).isZero();
                            assertThat(fleet.sim(0).openConnections()).isEqualTo(1);
                        });

        fleet.sim(0).answerAll();
        watcher().askAgain();
        await().until(() -> !doesNotAnswer("p0-0", id));
        assertThat(fleet.plan("p0-0").withheld()).isEmpty();
    }

    /** Else its replicas would leave an engine that has come back. */
    @Test
    void anEngineThatIsBackIsNotLostWhileOneObjectDelaysTheFirstLook() {
        var id = id("p0-0", "s1");
        fleet.sim(0).fault(new SimFault.Refuse());
        await().until(() -> silentFor().compareTo(Duration.ofMillis(50)) > 0);
        fleet.sim(0).hang(path(id));
        fleet.sim(0).fault(SimFault.NONE);
        await().until(() -> fleet.sim(0).mostWaiting() > 0);
        assertThat(silentFor()).isZero();
        fleet.sim(0).answerAll();
        await().until(() -> watcher().seen().reachable());
    }

    private Duration silentFor() {
        return watcher().unreachableFor().orElse(Duration.ZERO);
    }

    @Test
    void manyContainersThatHangAtOnceTakeNothingAlong() {
        var ids = new ArrayList<String>();
        for (int s = 0; s < 10; s++) {
            ids.add(id("p0-0", "s" + s));
            ids.add(id("p0-1", "s" + s));
        }
        ids.forEach(i -> fleet.sim(0).hang(path(i)));
        ids.forEach(watcher()::touched);
        fleet.plan("p0-0");
        fleet.plan("p0-1");
        assertThat(fleet.plan("p0-2").isEmpty()).isTrue();
        assertThat(fleet.plan("p0-3").isEmpty()).isTrue();
        assertThat(ids.subList(0, 4))
                .allMatch(i -> doesNotAnswer("p0-0", i) || doesNotAnswer("p0-1", i));
        assertThat(watcher().seen().reachable()).isTrue();
        assertThat(watcher().figures().breaker()).isEqualTo("Closed");
    }

    @Test
    void aStopThatHangsIsItsContainersTroubleAlone() {
        var id = id("p0-0", "s1");
        fleet.sim(0).hang("/containers/" + id + "/stop");
        assertThatThrownBy(() -> watcher().engine().stop(id, Duration.ZERO))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNRESPONSIVE));
        assertThat(fleet.plan("p0-1").isEmpty()).isTrue();
        assertThat(fleet.plan("p0-0").withheld()).singleElement().asString().contains("(stop)");
        assertThat(watcher().seen().reachable()).isTrue();
        assertThat(watcher().figures().breaker()).isEqualTo("Closed");
    }

    @Test
    void listsAndTheHostsFiguresThatHangAreNotTheEngine() {
        fleet.sim(0).hang("/volumes");
        fleet.sim(0).hang("/networks");
        fleet.sim(0).hang("/info");
        watcher().touchedWorld();
        watcher().relistNow();
        assertThat(fleet.plan("p0-1").isEmpty()).as("what was seen before stays").isTrue();
        var state = watcher().lastState("p0-1");
        assertThat(state.networks()).isNotEmpty();
        assertThat(state.unresponsive().networks()).contains("the list of networks");
        assertThat(state.unresponsive().volumes()).contains("the list of volumes");
        assertThat(watcher().seen().reachable()).isTrue();
    }
}
