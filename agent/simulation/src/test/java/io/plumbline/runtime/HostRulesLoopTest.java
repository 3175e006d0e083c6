package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.KeyPatterns;
import io.plumbline.core.release.LogDriverRule;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a manifest asks of an engine's machine is refused unless the operator allows it. */
class HostRulesLoopTest {
    private static final String FLUENTD =
            "logging: {driver: fluentd, options: {fluentd-address: \"unix:///root/only.sock\"}}";

    private static final Caller ANNA = new Caller("anna", "", false);

    private static final HostRules ALL =
            new HostRules(
                    List.of(
                            new LogDriverRule(
                                    "fluentd",
                                    new TreeMap<>(Map.of("fluentd-address", List.of("*"))))),
                    null,
                    null,
                    null,
                    new TreeMap<>());

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
        }
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String version, String more) {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: shop}
                spec:
                  services:
                    - name: web
                      image: web:VERSION
                      MORE
                      healthcheck: {exec: [check], interval: 30s}
                  rollout: {soak: 0s}
                """
                        .replace("VERSION", version)
                        .replace("MORE", more);
        return world.git.commit(Map.of("shop.yaml", manifest));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private void refused(String commit, String... words) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason()).contains(words);
    }

    private List<LiveContainer> running() {
        return world.engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    private List<String> drivers() {
        return running().stream().map(c -> c.config().logDriver()).toList();
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    @Test
    void aLogDriverThatConnectsSomewhereIsRefusedAndWhatRunsStays() {
        world.start();
        synced(push("1", "replicas: 1"));
        refused(push("2", FLUENTD), "log driver fluentd", "allow.logDrivers");
        assertThat(drivers()).containsExactly("json-file");
    }

    @Test
    void aKernelParameterIsRefusedUntilTheOperatorListsItsName() {
        world.start();
        synced(push("1", "replicas: 1"));
        var sysctl = "sysctls: {net.core.somaxconn: 4096}";
        refused(
                push("2", sysctl),
                "kernel parameter net.core.somaxconn is not in the repository's allow.sysctls");

        world.host =
                new HostRules(
                        null,
                        null,
                        null,
                        null,
                        new TreeMap<>(Map.of("sysctls", KeyPatterns.of("net.core.*"))));
        world.startAgain();
        synced(push("2", sysctl + "\n      oomScoreAdj: 500"));
        assertThat(running().getFirst().config().fields().byKey())
                .containsEntry("sysctls", Map.of("net.core.somaxconn", "4096"))
                .containsEntry("oomScoreAdj", 500L);
    }

    @Test
    void whatAnEarlierVersionStoredIsKeptRepairedAndGoneBackToButNotRenderedAnew() {
        world.host = ALL;
        world.start();
        synced(push("1", FLUENTD));
        var first = Objects.requireNonNull(world.status("shop").release());
        synced(push("2", FLUENTD));
        world.ledger.asStoredBeforeHostRules();
        world.host = HostRules.DEFAULT;
        world.startAgain();

        world.await("told", () -> events("StoredReleaseExempt").size() == 1);
        assertThat(events("StoredReleaseExempt").getFirst().reason())
                .contains("log driver fluentd", "allow");
        var running = running().getFirst().id();
        world.engine.stop(running, Duration.ZERO);
        world.await("repaired", () -> !running().isEmpty());
        assertThat(drivers()).containsExactly("fluentd");
        world.await("shop", s -> s.head() != null);
        var head = Objects.requireNonNull(world.status("shop").head());
        synced(head);

        refused(push("3", FLUENTD), "log driver fluentd", "allow.logDrivers");
        assertThat(drivers()).containsExactly("fluentd");

        var _ =
                world.control()
                        .execute(new Command.Rollback("shop", null, null, true, false), ANNA);
        world.await("shop", s -> first.equals(s.release()) && s.health() == HealthState.HEALTHY);
        assertThat(drivers()).containsExactly("fluentd");
    }

    @Test
    void aReleaseThatLosesItsPermissionIsNotRepairedAndStatusSaysSo() {
        world.host = ALL;
        world.start();
        synced(push("1", FLUENTD));
        world.host = HostRules.DEFAULT;
        world.startAgain();
        world.await("shop", s -> s.reason().contains("allow.logDrivers"));
        assertThat(drivers()).containsExactly("fluentd");
        assertThat(events("StoredReleaseExempt")).isEmpty();
    }

    @Test
    void aLabelThatAProxyOnTheMachineObeysIsRefusedAlsoInTheImage() {
        world.start();
        synced(push("1", "labels: {team: shop}"));
        refused(
                push("2", "labels: {traefik.enable: \"true\"}"),
                "label traefik.enable",
                "allow.labels");
        world.engine.localImage("web:3").withLabel("traefik.enable", "true");
        push("3", "replicas: 1");
        world.await("shop", s -> s.reason().contains("carries the label traefik.enable"));
        assertThat(drivers()).hasSize(1);
    }

    @Test
    void aHeadThatAnEarlierVersionRenderedIsNotCheckedAgain() {
        world.start();
        synced(push("1", "replicas: 1"));
        var release = Objects.requireNonNull(world.status("shop").release());
        var running = running().getFirst().id();
        world.close();
        var head = push("1", "secrets: [{name: key, mode: 256}]");
        world.ledger.rendered("shop", head, release);
        world.startAgain();

        synced(head);
        assertThat(running()).extracting(LiveContainer::id).containsExactly(running);
        assertThat(events("StoredReleaseExempt"))
                .singleElement()
                .extracting(PipelineEvent::reason)
                .asString()
                .contains("0256", "-w-r-xrw-");
        refused(push("2", "secrets: [{name: key, mode: 256}]"), "-w-r-xrw-", "0400");
    }

    @Test
    void afterTheLedgerIsLostTheReasonNamesTheMissingPermission() {
        world.host = ALL;
        world.start();
        synced(push("1", FLUENTD));
        var running = running().getFirst().id();
        world.host = HostRules.DEFAULT;
        world.loseLedger();
        world.await("shop", s -> s.reason().contains("no commit renders them"));
        assertThat(world.status("shop").reason())
                .contains("allow.logDrivers", "nothing is touched");
        assertThat(running()).extracting(LiveContainer::id).containsExactly(running);
    }
}
