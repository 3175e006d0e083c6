package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * One agent and three real engines, each reached in another way: {@code home} by its socket, {@code
 * aws} over mutual TLS, {@code gcp} over ssh. Links are cut and mended, the agent is killed.
 */
class ManyEnginesIT {
    private static final List<String> NAMES = List.of("home", "aws", "gcp");

    private static EngineBed bed;
    private static TestImages images;

    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("many");
    private AgentProcess agent;

    @BeforeAll
    static void engines() {
        bed = EngineBed.up(3);
        images = new TestImages(bed.engine(1));
        spread(images.busybox());
        for (var v : List.of("1", "2", "3")) {
            spread(images.web(v));
        }
        spread(images.neverHealthy("bad"));
    }

    @AfterAll
    static void end() {
        if (bed != null) {
            bed.close();
        }
    }

    /** The same image, by its id, on all three. */
    private static void spread(String tag) {
        var folder = Workshop.folder("image");
        var file = folder.resolve("i.tar");
        bed.engine(1).docker("save", "-o", file.toString(), tag);
        for (int i = 2; i <= 3; i++) {
            bed.engine(i).docker("load", "-q", "-i", file.toString());
        }
        Workshop.remove(folder);
    }

    @BeforeEach
    void start() {
        agent =
                AgentProcess.setup()
                        .engine(
                                "home",
                                bed.engine(1),
                                endpoint(1),
                                "labels: {cloud: none}, pricePerHour: 0.25,"
                                        + " capacity: {cpus: 1.5, memory: 3Gi}")
                        .engine(
                                "aws",
                                bed.engine(2),
                                bed.tcp(2),
                                bed.tlsKeys("client") + ", labels: {cloud: aws}")
                        .engine(
                                "gcp",
                                bed.engine(3),
                                bed.ssh(3),
                                bed.sshKeys(3) + ", labels: {cloud: gcp}")
                        .probeImage(images.busybox())
                        .repository("ml", remote.fileUrl(), "")
                        .start();
    }

    @AfterEach
    void mendAll() {
        try {
            for (int i = 2; i <= 3; i++) {
                bed.mend(i);
            }
            agent.close();
            for (int i = 1; i <= 3; i++) {
                bed.engine(i).removeAllOf(agent.name());
            }
        } finally {
            remote.close();
        }
    }

    private static String endpoint(int number) {
        return "unix://" + bed.socket(number);
    }

    private static TestEngine engine(String name) {
        return bed.engine(NAMES.indexOf(name) + 1);
    }

    private String manifest(String image, String spec, String rollout) {
        return manifest(image, spec, rollout, "");
    }

    private String manifest(String image, String spec, String rollout, String service) {
        return Manifests.pipeline(
                        pipeline,
                        "1s",
                        "60s",
                        List.of(Manifests.service("web", image, service)),
                        spec.isEmpty() ? "" : "  " + spec)
                .replace("rollout: {", "rollout: {" + rollout);
    }

    private String push(String version, String spec, String rollout) {
        return remote.commit(
                "Version " + version, "p.yaml", manifest(images.web(version), spec, rollout));
    }

    /** Versions that run on an engine. */
    private List<String> versions(String name) {
        return engine(name).running(pipeline, "web").stream()
                .map(id -> engine(name).inspect(id).at("/Config/Labels/plumbline.image").asText())
                .toList();
    }

    private void runsOnly(String name, String version) {
        Eventually.holds(
                "only version " + version + " runs on " + name,
                () -> versions(name).equals(List.of(images.web(version))));
    }

    private List<String> engineStates(JsonNode status) {
        var out = new ArrayList<String>();
        status.path("engines")
                .forEach(e -> out.add(e.path("engine").asText() + " " + e.path("state").asText()));
        return out;
    }

    @Test
    void onePipelineOnThreeEnginesOverThreeTransports() {
        var first = push("1", "", "");
        agent.awaitSynced(pipeline, first);
        var status = agent.status(pipeline);
        assertThat(engineStates(status)).containsExactly("aws Ready", "gcp Ready", "home Ready");
        assertThat(status.path("services").findValuesAsText("engine"))
                .containsExactly("aws", "gcp", "home");
        NAMES.forEach(name -> runsOnly(name, "1"));

        var second = push("2", "", "");
        agent.awaitSynced(pipeline, second);
        NAMES.forEach(name -> runsOnly(name, "2"));

        remote.commit("Bad", "p.yaml", manifest(images.neverHealthy("bad"), "", ""));
        agent.awaitState(pipeline, "Reverted");
        NAMES.forEach(name -> runsOnly(name, "2"));

        agent.plumb("rollback", pipeline, "--wait").ok();
        NAMES.forEach(name -> runsOnly(name, "1"));
        assertThat(agent.plumb("engines").ok().out()).contains("home", "aws", "gcp", "Ready");
        var home = agent.plumbJson("engines", "home");
        assertThat(home.at("/capacity/cpus").asDouble()).isEqualTo(1.5);
        assertThat(home.at("/capacity/memory").asLong()).isEqualTo(3L << 30);
        assertThat(home.path("pricePerHour").asDouble()).isEqualTo(0.25);
    }

    /** One step over ssh; each of them is cut by {@code CutAnywhereTest}. */
    @Test
    void aLinkThatIsCutInTheMiddleOfARelease() {
        agent.awaitSynced(pipeline, push("1", "", ""));
        var second = push("2", "", "");
        Eventually.holds("gcp gives names", () -> did("gcp", "gets the name"));
        bed.cut(3);
        Eventually.holds(
                "the agent sees it",
                () -> engineStates(agent.status(pipeline)).contains("gcp Unreachable"));
        var status = agent.status(pipeline);
        assertThat(status.path("stableCommit").asText()).isNotEqualTo(second);
        assertThat(status.at("/deployment/commit").asText()).isEqualTo(second);
        assertThat(status.at("/deployment/finishedAt").isNull()).as("in the middle").isTrue();
        bed.mend(3);
        agent.awaitSynced(pipeline, second);
        NAMES.forEach(name -> runsOnly(name, "2"));
    }

    private boolean did(String name, String words) {
        for (var e :
                agent.json("/api/v1/pipelines/" + pipeline + "/events?follow=false&limit=1000")) {
            if (e.path("engine").asText().equals(name)
                    && e.path("deployment").asText().equals("d-2")
                    && e.path("reason").asText().contains(words)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void whatALostEngineRanMovesAndIsStoppedThereWhenItReturns() {
        var placement =
                "placement: {engines: [aws, gcp], strategy: failover, failover: {after: 10s}}";
        var first = push("1", placement, "");
        agent.awaitSynced(pipeline, first);
        runsOnly("aws", "1");
        assertThat(versions("gcp")).isEmpty();

        var before = starts("aws");
        bed.cut(2);
        Eventually.holds(
                "it is seen",
                () -> engineStates(agent.status(pipeline)).contains("aws Unreachable"));
        assertThat(moved()).as("killed while it counts").isZero();
        agent.kill9();
        agent.start();
        Eventually.holds("it is begun", () -> moved() == 1);
        agent.kill9();
        assertThat(versions("aws")).as("while nobody looks").containsExactly(images.web("1"));
        agent.start();
        runsOnly("gcp", "1");
        agent.awaitSynced(pipeline, first);
        assertThat(starts("aws"))
                .as("a partition stops nothing, and starts nothing anew")
                .isEqualTo(before)
                .hasSize(1);

        agent.kill9();
        bed.mend(2);
        assertThat(versions("aws")).as("still surplus").containsExactly(images.web("1"));
        agent.start();
        Eventually.holds("the surplus is stopped", () -> versions("aws").isEmpty());
        agent.kill9();
        agent.start();
        agent.awaitSynced(pipeline, first);
        runsOnly("gcp", "1");
        assertThat(moved()).as("once only").isEqualTo(1);
        assertThat(versions("aws")).isEmpty();
        assertThat(agent.plumb("why", pipeline + "/web").ok().out()).contains("aws is lost");
    }

    @Test
    void aPartitionThatCutsTheAgentOffStopsNothing() {
        agent.awaitSynced(pipeline, push("1", "", ""));
        var before = NAMES.stream().map(this::starts).toList();
        bed.cut(2);
        bed.cut(3);
        Eventually.holds(
                "both are away",
                () ->
                        engineStates(agent.status(pipeline))
                                .containsAll(List.of("aws Unreachable", "gcp Unreachable")));
        long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
        while (System.nanoTime() < end) {
            for (var name : List.of("aws", "gcp")) {
                var id = engine(name).running(pipeline, "web").getFirst();
                assertThat(
                                engine(name)
                                        .docker(
                                                "exec",
                                                id,
                                                "wget",
                                                "-q",
                                                "-O-",
                                                "http://127.0.0.1:8080/"))
                        .as(name + " serves")
                        .isNotBlank();
            }
        }
        bed.mend(2);
        bed.mend(3);
        agent.awaitSynced(pipeline, remote.head());
        assertThat(NAMES.stream().map(this::starts).toList()).isEqualTo(before);
        assertThat(moved()).isZero();
    }

    private long moved() {
        return agent
                .json("/api/v1/pipelines/" + pipeline + "/events?follow=false&limit=1000")
                .findValuesAsText("type")
                .stream()
                .filter("Moved"::equals)
                .count();
    }

    @Test
    void aDrainedEngineIsEmptiedInGoodOrder() {
        var placement = "placement: {engines: [aws, gcp], strategy: failover}";
        agent.awaitSynced(pipeline, push("1", placement, ""));
        runsOnly("aws", "1");
        assertThat(agent.plumb("drain", "aws", "--dry-run").out()).contains("would move");
        agent.plumb("drain", "aws", "--wait", "--reason", "kernel").ok();
        runsOnly("gcp", "1");
        assertThat(versions("aws")).isEmpty();
        agent.restartAfterKill();
        agent.awaitState(pipeline, "Synced");
        assertThat(agent.plumb("engines", "aws").ok().out()).contains("Ready,Drained");
        agent.plumb("uncordon", "aws").ok();
        agent.awaitSynced(pipeline, remote.head());
        runsOnly("gcp", "1");
    }

    @Test
    void theFirstEngineIsTheCanaryOfTheOthers() {
        var order = "engines: {order: [gcp, aws]}, ";
        agent.awaitSynced(pipeline, push("1", "", order));
        var before =
                List.of(
                        engine("aws").running(pipeline, "web"),
                        engine("home").running(pipeline, "web"));
        remote.commit("Bad", "p.yaml", manifest(images.neverHealthy("bad"), "", order));
        agent.awaitState(pipeline, "Reverted");
        runsOnly("gcp", "1");
        assertThat(
                        List.of(
                                engine("aws").running(pipeline, "web"),
                                engine("home").running(pipeline, "web")))
                .isEqualTo(before);
        assertThat(engine("aws").containers("plumbline.pipeline=" + pipeline)).hasSize(1);
    }

    @Test
    void theStateFolderMayGoAndNothingIsRestartedAnywhere() {
        agent.awaitSynced(pipeline, push("1", "", ""));
        var second = push("2", "", "");
        agent.awaitSynced(pipeline, second);
        var before = NAMES.stream().map(n -> starts(n)).toList();
        agent.kill9();
        Path state = agent.state();
        Workshop.remove(state);
        agent.start();
        Eventually.is(
                "it is proven again",
                () -> agent.status(pipeline),
                s -> second.equals(s.path("stableCommit").asText()));
        agent.awaitSynced(pipeline, second);
        assertThat(NAMES.stream().map(n -> starts(n)).toList()).isEqualTo(before);
    }

    private List<String> starts(String name) {
        return engine(name).containers("plumbline.pipeline=" + pipeline).stream()
                .map(id -> engine(name).inspect(id))
                .map(
                        c ->
                                c.path("Id").asText()
                                        + " "
                                        + c.at("/State/StartedAt").asText()
                                        + " "
                                        + c.at("/State/Running").asText())
                .sorted()
                .toList();
    }
}
