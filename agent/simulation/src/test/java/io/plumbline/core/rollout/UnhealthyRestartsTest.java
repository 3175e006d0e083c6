package io.plumbline.core.rollout;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.plan.Replicas;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import io.plumbline.testkit.SimContainers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which unhealthy containers are restarted, and when; times in minutes. */
class UnhealthyRestartsTest {
    private static final Release RELEASE =
            release(
                    "shop",
                    service("web")
                            .image("web:1")
                            .replicas(2)
                            .healthcheck(ServiceBuilder.http(8080))
                            .restartUnhealthyAfter(Duration.ofMinutes(5)));

    private final Map<String, LiveContainer> containers = new TreeMap<>();
    private final Map<String, Verdict> verdicts = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final UnhealthyRestarts restarts = new UnhealthyRestarts();
    private boolean full;
    private int minute;

    UnhealthyRestartsTest() {
        for (int r = 1; r <= 2; r++) {
            containers.put("web" + r, Scene.running(RELEASE).at(RELEASE, "web", r));
            judge(r, Verdict.HEALTHY);
        }
    }

    private final UnhealthyRestarts.Slots slots =
            new UnhealthyRestarts.Slots() {
                @Override
                public boolean take(String engine, String who) {
                    return !full && taken.add(engine + " " + who);
                }

                @Override
                public void free(String engine, String who) {
                    taken.remove(engine + " " + who);
                }
            };

    private LiveContainer web(int replica) {
        return Objects.requireNonNull(containers.get("web" + replica));
    }

    private void judge(int replica, Verdict verdict) {
        verdicts.put(web(replica).id(), verdict);
    }

    /** It was stopped and started, and its checks have no word yet. */
    private void started(int replica) {
        var c = web(replica);
        var at = Instant.EPOCH.plusSeconds(60L * minute);
        var ended = SimContainers.state(c, RunState.EXITED, 143, at);
        containers.put("web" + replica, SimContainers.state(ended, RunState.RUNNING, 0, at));
        judge(replica, Verdict.WAITING);
    }

    private UnhealthyRestarts.Result at(int now) {
        minute = now;
        var observed =
                new EngineState(
                        "local",
                        new ArrayList<>(containers.values()),
                        new TreeSet<>(),
                        List.of(),
                        List.of(),
                        new TreeMap<>());
        var seen = new HealthWatch.Seen(RELEASE, Replicas.of(observed, verdicts));
        return restarts.look(List.of(seen), slots, Duration.ofMinutes(now).toNanos());
    }

    private List<String> restartedAt(int now) {
        return at(now).orders().getOrDefault("local", List.of()).stream()
                .map(o -> o.replica().equals(web(1).id()) ? "web1" : "web2")
                .toList();
    }

    @Test
    void oneIsRestartedAfterItsTimeWithoutAPassedCheck() {
        at(0);
        judge(1, Verdict.UNHEALTHY);
        assertThat(restartedAt(4)).isEmpty();
        var now = at(5);
        assertThat(now.orders().get("local")).hasSize(1);
        assertThat(now.decided()).hasSize(1);
        assertThat(now.decided().getFirst().reason())
                .contains("no passed check for 300s", "GET http://:8080", "restart 1");
        assertThat(at(6).decided()).as("told once").isEmpty();
        started(1);
        assertThat(restartedAt(7)).isEmpty();
    }

    @Test
    void oneOfAServiceAtATime() {
        at(0);
        judge(1, Verdict.UNHEALTHY);
        judge(2, Verdict.UNHEALTHY);
        assertThat(restartedAt(5)).containsExactly("web1");
        started(1);
        assertThat(restartedAt(9)).as("its checks have no word yet").isEmpty();
        judge(1, Verdict.HEALTHY);
        assertThat(restartedAt(10)).containsExactly("web2");
    }

    @Test
    void theWaitDoublesUpToAnHourAndBeginsAnewWhenItStayedHealthy() {
        at(0);
        judge(1, Verdict.UNHEALTHY);
        int now = 0;
        for (int wait : List.of(5, 10, 20, 40, 60, 60)) {
            assertThat(restartedAt(now + wait - 1)).isEmpty();
            now += wait;
            assertThat(restartedAt(now)).containsExactly("web1");
            started(1);
            assertThat(restartedAt(now)).isEmpty();
            judge(1, Verdict.UNHEALTHY);
        }
        judge(1, Verdict.HEALTHY);
        at(now + 1);
        at(now + 10);
        judge(1, Verdict.UNHEALTHY);
        assertThat(restartedAt(now + 14)).isEmpty();
        assertThat(restartedAt(now + 15)).containsExactly("web1");
    }

    @Test
    void aCheckThatCouldNotRunRestartsNothing() {
        at(0);
        judge(1, Verdict.UNKNOWN);
        assertThat(restartedAt(100)).isEmpty();
        judge(1, Verdict.WAITING);
        assertThat(restartedAt(200)).isEmpty();
    }

    @Test
    void fewOnAnEngineAtOnceAndASlotIsGivenBack() {
        at(0);
        judge(1, Verdict.UNHEALTHY);
        full = true;
        assertThat(restartedAt(5)).isEmpty();
        full = false;
        assertThat(restartedAt(6)).containsExactly("web1");
        assertThat(taken).hasSize(1);
        started(1);
        judge(1, Verdict.HEALTHY);
        at(8);
        assertThat(taken).isEmpty();
        judge(1, Verdict.UNHEALTHY);
        assertThat(restartedAt(60)).containsExactly("web1");
        restarts.clear(slots);
        assertThat(taken).isEmpty();
    }
}
