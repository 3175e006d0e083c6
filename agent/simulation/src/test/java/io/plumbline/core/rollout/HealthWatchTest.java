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
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Loss and return of health, against what is on record. */
class HealthWatchTest {
    private static final Instant NOW = Instant.parse("2026-01-31T08:15:00Z");
    private static final Release RELEASE =
            release(
                    "shop",
                    service("web")
                            .image("web:1")
                            .replicas(2)
                            .healthcheck(ServiceBuilder.http(8080)));

    private final LiveContainer first = Scene.running(RELEASE).at(RELEASE, "web", 1);
    private final LiveContainer second = Scene.running(RELEASE).at(RELEASE, "web", 2);
    private PipelineState state = PipelineState.fresh("shop", "ml");

    private List<PipelineEvent> look(Map<String, Verdict> verdicts, LiveContainer... containers) {
        return look(List.of(seen(verdicts, containers)), Set.of("local"));
    }

    private List<PipelineEvent> look(List<HealthWatch.Seen> seen, Set<String> engines) {
        var t = HealthWatch.look(state, seen, engines, NOW);
        state = t.state();
        return t.events();
    }

    private static HealthWatch.Seen seen(
            Map<String, Verdict> verdicts, LiveContainer... containers) {
        var observed =
                new EngineState(
                        "local",
                        List.of(containers),
                        new TreeSet<>(),
                        List.of(),
                        List.of(),
                        new TreeMap<>());
        return new HealthWatch.Seen(RELEASE, Replicas.of(observed, verdicts));
    }

    private Map<String, Verdict> verdicts(Verdict one, Verdict two) {
        var out = new HashMap<String, Verdict>();
        out.put(first.id(), one);
        out.put(second.id(), two);
        return out;
    }

    private List<String> types(Verdict one, Verdict two) {
        var out = new ArrayList<String>();
        look(verdicts(one, two), first, second)
                .forEach(e -> out.add(e.type() + " " + e.from() + "->" + e.to()));
        return out;
    }

    @Test
    void eachChangeIsToldOnce() {
        assertThat(types(Verdict.HEALTHY, Verdict.HEALTHY)).isEmpty();
        assertThat(types(Verdict.UNHEALTHY, Verdict.HEALTHY))
                .containsExactly("HealthLost healthy->unhealthy");
        assertThat(types(Verdict.UNHEALTHY, Verdict.HEALTHY)).isEmpty();
        assertThat(types(Verdict.UNKNOWN, Verdict.UNHEALTHY))
                .containsExactly(
                        "HealthUnknown unhealthy->unknown", "HealthLost healthy->unhealthy");
        assertThat(types(Verdict.HEALTHY, Verdict.HEALTHY))
                .containsExactly(
                        "HealthRegained unknown->healthy", "HealthRegained unhealthy->healthy");
        assertThat(state.lostHealth()).isEmpty();
    }

    @Test
    void aReplicaThatStartsOrDoesNotRunChangesNothing() {
        types(Verdict.UNHEALTHY, Verdict.HEALTHY);
        assertThat(types(Verdict.WAITING, Verdict.WAITING)).isEmpty();
        var ended = SimContainers.state(first, RunState.EXITED, 1, NOW);
        assertThat(look(verdicts(Verdict.WAITING, Verdict.HEALTHY), ended, second)).isEmpty();
        assertThat(look(Map.of(), second)).isEmpty();
        assertThat(state.lostHealth()).hasSize(1);
    }

    @Test
    void anEngineThatWasNotLookedAtKeepsItsRecordUntilItIsGone() {
        types(Verdict.UNHEALTHY, Verdict.HEALTHY);
        assertThat(look(List.of(), Set.of("local"))).isEmpty();
        assertThat(state.lostHealth()).hasSize(1);
        assertThat(look(List.of(), Set.of("other"))).isEmpty();
        assertThat(state.lostHealth()).isEmpty();
    }

    @Test
    void ofSeveralContainersOneThatIsHealthyCounts() {
        var twin = Scene.running(RELEASE).at(RELEASE, "web", 1).withName("twin");
        types(Verdict.UNHEALTHY, Verdict.HEALTHY);
        var another =
                new LiveContainer(
                        "another",
                        twin.name(),
                        twin.labels(),
                        RunState.RUNNING,
                        twin.health(),
                        0,
                        false,
                        "",
                        0,
                        twin.createdAt(),
                        twin.startedAt(),
                        twin.finishedAt(),
                        twin.config(),
                        twin.networks(),
                        twin.published());
        var verdicts = new HashMap<>(verdicts(Verdict.UNHEALTHY, Verdict.HEALTHY));
        verdicts.put("another", Verdict.HEALTHY);
        var events = look(verdicts, first, second, another);
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().reason())
                .contains("twin is healthy again; " + first.name() + " was unhealthy since");
    }
}
