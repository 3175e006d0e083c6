package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.ServicePort;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Health of a release that is stable, with everything around the agent in memory. */
class HealthLoopTest {
    private final InMemoryAgent world = new InMemoryAgent();
    private String publishes = "# no ports";

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

    private static final Caller ANNA = new Caller("anna", "known", false);

    private String manifest(String more) {
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
              healthcheck: {http: {port: 8080, path: /page}, interval: 30sMORE}
              PUBLISHES
          rollout: {soak: 0s}
        """
                .replace("MORE", more)
                .replace("PUBLISHES", publishes);
    }

    private void stable() {
        stable("");
    }

    private void stable(String more) {
        var commit = world.git.commit(Map.of("shop.yaml", manifest(more)));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
        world.await("kept", () -> world.keeps("shop"));
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
        world.await(
                "shop", s -> s.health() == HealthState.DEGRADED && s.reason().contains("since"));
        assertThat(status().state()).isEqualTo(SyncState.SYNCED);
        assertThat(status().services().getFirst().healthy()).isEqualTo(1);
        assertThat(status().reason())
                .contains(
                        "web: 1 of 2 replicas unhealthy since ",
                        "GET http://:8080/page answered 404");
        sick(webs().getLast());
        world.await("shop", s -> s.health() == HealthState.UNHEALTHY);
        world.await("told", () -> events("HealthLost").size() == 2);
        var lost = events("HealthLost").getFirst();
        assertThat(lost.service()).isEqualTo("web");
        assertThat(lost.engine()).isEqualTo("local");
        assertThat(lost.field()).isEqualTo("health");
        assertThat(lost.to()).isEqualTo("unhealthy");
        assertThat(lost.reason())
                .contains(
                        webs().getFirst().name() + " is unhealthy",
                        "GET http://:8080/page answered 404 (",
                        " times in a row for at least 60s, last at 20");
        for (var c : webs()) {
            world.engine.healthOf(c.name(), EngineHealth.HEALTHY);
        }
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
        world.await("told", () -> events("HealthRegained").size() == 2);
        assertThat(status().reason()).isEmpty();
        assertThat(events("RevertStarted")).isEmpty();
    }

    @Test
    void statusTellsThePublishedPortsAndTheLastCheck() {
        publishes = "ports: [{container: 8080, host: \"18100-18109\"}]";
        stable();
        var service = status().services().getFirst();
        assertThat(service.ports())
                .extracting(ServicePort::targetPort, ServicePort::protocol)
                .containsExactly(tuple(8080, "tcp"), tuple(8080, "tcp"));
        assertThat(service.ports())
                .extracting(ServicePort::replica)
                .containsExactlyElementsOf(
                        webs().stream().map(LiveContainer::name).sorted().toList());
        assertThat(service.ports())
                .extracting(ServicePort::hostPort)
                .doesNotHaveDuplicates()
                .allMatch(port -> port >= 18100 && port <= 18109);
        world.engine.healthOf(webs().getLast().name(), EngineHealth.HEALTHY);
        world.await("shop", s -> s.services().getFirst().lastCheck() != null);
        assertThat(Objects.requireNonNull(status().services().getFirst().lastCheck()).evidence())
                .isEqualTo("GET http://:8080/page passed");
        sick(webs().getFirst());
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        var check = Objects.requireNonNull(status().services().getFirst().lastCheck());
        assertThat(check.passed()).as("the one that failed comes first").isFalse();
        assertThat(check.replica()).isEqualTo(webs().getFirst().name());
        assertThat(check.evidence()).startsWith("GET http://:8080/page answered 404 (");
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
        world.control().execute(new Command.Pause("shop"), ANNA);
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

    @Test
    void anUnhealthyContainerLeavesTheNameWhileAnotherIsHealthy() {
        var one = webs().getFirst();
        sick(one);
        world.await("left", () -> aliases(one).isEmpty());
        assertThat(aliases(webs().getLast())).containsExactly("web");
        world.engine.healthOf(one.name(), EngineHealth.HEALTHY);
        world.await("back", () -> aliases(one).contains("web"));
        assertThat(events("DriftDetected")).isEmpty();
    }

    private Set<String> aliases(LiveContainer c) {
        return world.engine.inspect(c.id()).orElseThrow().networks().values().stream()
                .flatMap(a -> a.aliases().stream())
                .collect(Collectors.toSet());
    }

    @Test
    void whatAsksForItIsRestartedOneAtATimeAndNothingIsReverted() {
        stable(", onUnhealthy: restart, startPeriod: 1m");
        assertThat(events("DeploymentStable")).hasSize(2);
        var one = webs().getFirst();
        var two = webs().getLast();
        sick(one);
        sick(two);
        world.await("shop", s -> s.health() == HealthState.UNHEALTHY);
        assertThat(events("HealthRestart")).isEmpty();
        world.skip(Duration.ofMinutes(6));
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("restarted", () -> restarted(one) || restarted(two));
        var first = restarted(one) ? one : two;
        var other = restarted(one) ? two : one;
        world.await("next", () -> restarted(other));
        world.await("shop", s -> s.health() == HealthState.HEALTHY);
        var told = events("HealthRestart");
        assertThat(told).hasSize(2);
        assertThat(told.getFirst().reason())
                .contains(first.name(), "GET http://:8080/page answered 404");
        assertThat(world.status("shop").state()).isEqualTo(SyncState.SYNCED);
        assertThat(events("RevertStarted")).isEmpty();
        assertThat(webs()).extracting(LiveContainer::id).contains(one.id(), two.id());
    }

    private boolean restarted(LiveContainer c) {
        return !Objects.equals(
                world.engine.inspect(c.id()).orElseThrow().startedAt(), c.startedAt());
    }

    @Test
    void nothingIsRestartedWhilePaused() {
        stable(", onUnhealthy: restart, startPeriod: 1m");
        world.control().execute(new Command.Pause("shop"), ANNA);
        webs().forEach(this::sick);
        world.await("shop", s -> s.health() == HealthState.UNHEALTHY);
        world.skip(Duration.ofMinutes(6));
        int passes = world.reconciled.get();
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("passed", () -> world.reconciled.get() > passes + 1);
        assertThat(events("HealthRestart")).isEmpty();
    }

    @Test
    void aKnownOutageIsSilentButShown() {
        assertThat(
                        world.control()
                                .execute(new Command.HealthAck("shop", Duration.ofHours(2)), ANNA)
                                .outcome())
                .isEqualTo(Outcome.NOTHING_HAPPENS);
        sick(webs().getFirst());
        world.await("told", () -> events("HealthLost").size() == 1);
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        assertThat(
                        world.control()
                                .execute(new Command.HealthAck("shop", Duration.ofHours(2)), ANNA)
                                .outcome())
                .isEqualTo(Outcome.ACCEPTED);
        sick(webs().getLast());
        world.await("shop", s -> s.health() == HealthState.UNHEALTHY);
        var ack = Objects.requireNonNull(status().healthAck());
        assertThat(ack.by()).isEqualTo("anna");
        assertThat(ack.services()).containsExactly("web");
        assertThat(status().acknowledged()).isTrue();
        world.await(
                "metrics",
                () -> standing().acknowledged() && standing().health() == HealthState.UNHEALTHY);
        world.startAgain();
        world.await("shop", s -> s.health() == HealthState.UNHEALTHY && s.acknowledged());
        assertThat(events("HealthLost")).hasSize(1);
        world.skip(Duration.ofHours(3));
        world.control().execute(Command.sync("shop"), ANNA);
        world.await("over", () -> events("HealthAckEnded").size() == 1);
        assertThat(events("HealthAckEnded").getFirst().reason())
                .contains(webs().getLast().name() + " is unhealthy since");
        assertThat(status().acknowledged()).isFalse();
    }

    /** What was told last for metrics. */
    private PipelineStatus standing() {
        return Objects.requireNonNull(world.stands.get("shop"));
    }

    @Test
    void anAcknowledgementIsLifted() {
        sick(webs().getFirst());
        world.await("shop", s -> s.health() == HealthState.DEGRADED);
        world.control().execute(new Command.HealthAck("shop", Duration.ofHours(2)), ANNA);
        assertThat(world.control().execute(new Command.HealthAck("shop", null), ANNA).outcome())
                .isEqualTo(Outcome.ACCEPTED);
        assertThat(status().healthAck()).isNull();
        assertThat(world.control().execute(new Command.HealthAck("shop", null), ANNA).outcome())
                .isEqualTo(Outcome.ALREADY);
    }
}
