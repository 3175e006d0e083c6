package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.observed.EngineHealth;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Health of a release that is stable, with everything around the agent in memory. */
class HealthLoopTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void image() {
        world.engine.localImage("web:1");
        world.start();
        stable();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest() {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: shop}
        spec:
          drift: enforce
          services:
            - name: web
              image: web:1
              replicas: 2
              healthcheck: {http: {port: 8080, path: /page}, interval: 30s}
          rollout: {soak: 0s}
        """;
    }

    private void stable() {
        var commit = world.git.commit(Map.of("shop.yaml", manifest()));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
    }

    private List<LiveContainer> webs() {
        return world.engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private void sick(LiveContainer c) {
        world.engine.healthOf(c.name(), EngineHealth.UNHEALTHY, 1, "HTTP/1.1 404 Not Found");
    }

    private PipelineStatus status() {
        return world.status("shop");
    }

    @Test
    void lossAndReturnOfHealthAreToldWithTheEvidence() {
        sick(webs().getFirst());
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        assertThat(status().state()).isEqualTo(SyncState.SYNCED);
        assertThat(status().services().getFirst().healthy()).isEqualTo(1);
        assertThat(status().reason())
                .contains("web: 1 of 2 replicas unhealthy since ", "GET :8080/page", "exit code 1");
        sick(webs().getLast());
        world.await("shop", s -> s.health() == HealthState.UNHEALTHY);
        assertThat(events("HealthLost")).hasSize(2);
        var lost = events("HealthLost").getFirst();
        assertThat(lost.service()).isEqualTo("web");
        assertThat(lost.engine()).isEqualTo("local");
        assertThat(lost.field()).isEqualTo("health");
        assertThat(lost.to()).isEqualTo("unhealthy");
        assertThat(lost.reason())
                .contains(
                        webs().getFirst().name() + " is unhealthy",
                        "health check \"GET :8080/page\" failed ",
                        " times in a row for at least 60s",
                        "exit code 1: HTTP/1.1 404 Not Found");
        for (var c : webs()) {
            world.engine.healthOf(c.name(), EngineHealth.HEALTHY);
        }
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
        world.await("told", () -> events("HealthRegained").size() == 2);
        assertThat(status().reason()).isEmpty();
        assertThat(events("RevertStarted")).isEmpty();
    }

    @Test
    void aRestartOfTheAgentNeitherRepeatsNorLosesWhatWasTold() {
        sick(webs().getFirst());
        world.await("told", () -> events("HealthLost").size() == 1);
        world.startAgain();
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        sick(webs().getLast());
        world.await("told", () -> events("HealthLost").size() == 2);
        world.close();
        world.engine.healthOf(webs().getFirst().name(), EngineHealth.HEALTHY);
        world.startAgain();
        world.await("told", () -> events("HealthRegained").size() == 1);
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        assertThat(events("HealthLost")).hasSize(2);
    }

    @Test
    void aPausedPipelineIsWatchedToo() {
        world.control().pause("shop", new io.plumbline.port.Control.Caller("anna", "", false));
        sick(webs().getFirst());
        world.await("told", () -> events("HealthLost").size() == 1);
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
    }

    @Test
    void aCheckThatCouldNotRunIsNoResult() {
        var c = webs().getFirst();
        world.engine.healthOf(
                c.name(),
                EngineHealth.UNHEALTHY,
                -1,
                "OCI runtime exec failed: resource unavailable");
        world.await("shop", s -> s.health() == HealthState.UNKNOWN);
        world.await("told", () -> events("HealthUnknown").size() == 1);
        assertThat(events("HealthUnknown").getFirst().reason()).contains("could not be run: OCI");
    }
}
