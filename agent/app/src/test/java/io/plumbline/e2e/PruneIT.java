package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What left Git leaves the engine: late, only what is ours, and never what people keep there. Each
 * test begins with a history of its own, in which the pipelines of the others are not.
 */
class PruneIT {
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** Time enough to see that it left and to bring it back, on a machine that is busy. */
    private static final Duration COMES_BACK_WITHIN = Duration.ofSeconds(10);

    private static AgentProcess agent;
    private static String web;

    private final String pipeline = Workshop.name("prune");
    private final String besides = Workshop.name("besides");
    private static final GitRemote REMOTE = new GitRemote();

    @BeforeAll
    static void startAgent() {
        web = IMAGES.web("1");
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(REMOTE)
                        .probeImage(IMAGES.busybox())
                        .start();
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    private static String manifest(String name, String... services) {
        return manifest(name, GRACE, services);
    }

    private static String manifest(String name, Duration grace, String... services) {
        return Manifests.pipeline(
                        name,
                        "0s",
                        "60s",
                        List.of(services),
                        "  drift: enforce\n  defaults: {stopGracePeriod: 1s}")
                .replace(
                        "progressDeadline:",
                        "pruneGrace: " + grace.toSeconds() + "s, progressDeadline:");
    }

    private static String service(String name, String image, String more) {
        return Manifests.service(name, image, more);
    }

    private String withVolume(String name) {
        return manifest(name, service("web", web, "volumes: [{name: data, target: /data}]"));
    }

    @Test
    void removedServiceIsPrunedWhenTheRestIsHealthy() {
        var both = List.of(service("stays", web, ""), service("goes", web, ""));
        var first =
                REMOTE.forcePush(
                        "Two", Map.of("p.yaml", manifest(pipeline, both.toArray(String[]::new))));
        agent.awaitSynced(pipeline, first);
        var stays = ENGINE.running(pipeline, "stays");
        var goes = ENGINE.running(pipeline, "goes");
        assertThat(goes).hasSize(1);

        // The rest does not become healthy: nothing is pruned, and all is as it was.
        var bad = IMAGES.neverHealthy("2");
        var failing =
                REMOTE.commit(
                        "One, and it is bad",
                        "p.yaml",
                        manifest(pipeline, service("stays", bad, "")));
        Eventually.is(
                "the bad commit is reverted",
                () -> agent.status(pipeline),
                s ->
                        AgentProcess.hasSettled(s, "Reverted")
                                && s.path("head").asText().equals(failing));
        assertThat(ENGINE.running(pipeline, "goes")).isEqualTo(goes);
        assertThat(ENGINE.inspect(goes.getFirst()).path("RestartCount").asInt()).isZero();
        assertThat(Ask.events(agent, pipeline))
                .noneMatch(
                        e ->
                                e.path("type").asText().equals("Action")
                                        && e.path("reason").asText().startsWith("stop")
                                        && e.path("service").asText().equals("goes"));

        var good = REMOTE.commit("One", "p.yaml", manifest(pipeline, both.getFirst()));
        agent.awaitSynced(pipeline, good);
        Eventually.holds("it is stopped", () -> ENGINE.running(pipeline, "goes").isEmpty());
        assertThat(ENGINE.running(pipeline, "stays")).isEqualTo(stays);
    }

    @Test
    void removedPipelineIsStoppedAfterTheGraceAndRemovedAfterAsLongAgain() {
        var first =
                REMOTE.forcePush(
                        "Two",
                        Map.of(
                                "p.yaml", withVolume(pipeline),
                                "besides.yaml", manifest(besides, service("web", web, ""))));
        agent.awaitSynced(pipeline, first);
        agent.awaitSynced(besides, first);
        var left = ENGINE.running(pipeline, "web").getFirst();
        var untouched = ENGINE.running(besides, "web");

        // Whatever the agent does about it, it does later than this.
        long began = System.nanoTime();
        REMOTE.remove("Without it", "p.yaml");
        var told =
                Eventually.is(
                        "the grace is told of",
                        () -> agent.status(pipeline),
                        s -> s.path("reason").asText().contains("is in no manifest"));
        assertThat(told.path("state").asText()).isEqualTo("Blocked");
        Eventually.holds("it is stopped", () -> ENGINE.running(pipeline, "web").isEmpty());
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(GRACE);
        Eventually.holds(
                "it is removed",
                () -> ENGINE.containers("plumbline.pipeline=" + pipeline).isEmpty());
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isGreaterThanOrEqualTo(GRACE.multipliedBy(2));
        Eventually.is(
                "the engine's record: first stopped, then removed",
                () -> whatBecameOf(left),
                List.of("stop", "destroy")::equals);
        Eventually.holds(
                "nobody knows it any more",
                () -> agent.get("/api/v1/pipelines/" + pipeline).statusCode() == 404);
        assertOnlyTheVolumeIsLeft();
        assertThat(ENGINE.running(besides, "web")).isEqualTo(untouched);
        assertThat(agent.status(besides).path("state").asText()).isEqualTo("Synced");

        // And it may come again.
        var again = REMOTE.commit("With it again", "p.yaml", withVolume(pipeline));
        agent.awaitSynced(pipeline, again);
        assertThat(ENGINE.running(pipeline, "web")).hasSize(1);
    }

    /** The other pipeline leaves in the same commit, stays away, and shows when a grace is over. */
    @Test
    void pipelineThatComesBackWithinItsGraceIsNotTouched() {
        var withData = service("web", web, "volumes: [{name: data, target: /data}]");
        var files = new HashMap<String, String>();
        files.put("p.yaml", manifest(pipeline, COMES_BACK_WITHIN, withData));
        var late = COMES_BACK_WITHIN.plusSeconds(2);
        files.put("besides.yaml", manifest(besides, late, service("web", web, "")));
        var other = manifest(pipeline + "-other", service("web", web, ""));
        files.put("other.yaml", other);
        var first = REMOTE.forcePush("Three", files);
        agent.awaitSynced(pipeline, first);
        agent.awaitSynced(besides, first);
        agent.awaitSynced(pipeline + "-other", first);
        var running = ENGINE.running(pipeline, "web");
        REMOTE.forcePush("Without two", Map.of("other.yaml", other));
        for (var gone : List.of(pipeline, besides)) {
            Eventually.holds(
                    "the grace of " + gone + " is told of",
                    () -> agent.status(gone).path("reason").asText().contains("is in no manifest"));
        }
        files.remove("besides.yaml");
        var back = REMOTE.forcePush("With it", files);
        agent.awaitSynced(pipeline, back);
        Eventually.holds(
                "the grace of the one that stays away is over",
                () -> ENGINE.running(besides, "web").isEmpty());
        assertThat(ENGINE.running(pipeline, "web")).isEqualTo(running);
        assertThat(agent.status(pipeline).path("state").asText()).isEqualTo("Synced");
    }

    @Test
    void emptiedRepositoryWaitsForAnOperator() {
        var first = REMOTE.forcePush("One", Map.of("p.yaml", withVolume(pipeline)));
        agent.awaitSynced(pipeline, first);
        var running = ENGINE.running(pipeline, "web");
        REMOTE.remove("Nothing is left", "p.yaml");
        var status =
                Eventually.is(
                        "it is said what to do",
                        () -> agent.status(pipeline),
                        s -> s.path("reason").asText().contains("plumb sync"));
        assertThat(status.path("state").asText()).isEqualTo("Blocked");
        assertThat(status.path("reason").asText())
                .contains("no manifest is left")
                .contains("--prune");
        Eventually.stays(
                "it waits, however long the grace",
                GRACE.multipliedBy(2).plusSeconds(1),
                () -> ENGINE.running(pipeline, "web").equals(running));

        assertThat(agent.plumb("sync", pipeline, "--prune").code()).isZero();
        Eventually.holds(
                "it is removed",
                () -> ENGINE.containers("plumbline.pipeline=" + pipeline).isEmpty());
        Eventually.holds(
                "nobody knows it any more",
                () -> agent.get("/api/v1/pipelines/" + pipeline).statusCode() == 404);
        assertOnlyTheVolumeIsLeft();
    }

    @Test
    void nothingIsPrunedWhileAFileDoesNotParse() {
        var first =
                REMOTE.forcePush(
                        "Two",
                        Map.of(
                                "p.yaml", withVolume(pipeline),
                                "besides.yaml", manifest(besides, service("web", web, ""))));
        agent.awaitSynced(pipeline, first);
        agent.awaitSynced(besides, first);
        var running = ENGINE.running(pipeline, "web");
        REMOTE.commit("Broken", "besides.yaml", "kind: [");
        REMOTE.remove("Without it", "p.yaml");
        Eventually.is(
                "the broken file is named as what is in the way",
                () -> agent.status(pipeline),
                s ->
                        s.path("state").asText().equals("Blocked")
                                && s.path("reason").asText().contains("besides.yaml"));
        Eventually.stays(
                "it runs on, however long the grace",
                GRACE.multipliedBy(2).plusSeconds(1),
                () -> ENGINE.running(pipeline, "web").equals(running));
        // Neither does a start that has nothing in memory prune it.
        agent.restartAfterKill();
        Eventually.stays(
                "it runs on after a restart",
                GRACE.plusSeconds(1),
                () -> ENGINE.running(pipeline, "web").equals(running));

        REMOTE.commit("Whole", "besides.yaml", manifest(besides, service("web", web, "")));
        Eventually.holds(
                "it is removed",
                () -> ENGINE.containers("plumbline.pipeline=" + pipeline).isEmpty());
        assertThat(ENGINE.running(besides, "web")).hasSize(1);
    }

    /** The engine's own record of a container's ends, in order. */
    private static List<String> whatBecameOf(String container) {
        return names(
                        ENGINE.docker(
                                "events",
                                "--since",
                                "10m",
                                "--until",
                                "0s",
                                "--filter",
                                "container=" + container,
                                "--format",
                                "{{.Action}}"))
                .stream()
                .filter(List.of("stop", "destroy")::contains)
                .toList();
    }

    private void assertOnlyTheVolumeIsLeft() {
        assertThat(names(ENGINE.docker("network", "ls", "--format", "{{.Name}}")))
                .doesNotContain("plumbline_" + pipeline, "plumbline-base-" + pipeline);
        var volume = ENGINE.inspect(pipeline + "_data");
        assertThat(volume.path("Name").asText()).isEqualTo(pipeline + "_data");
    }

    private static List<String> names(String lines) {
        return lines.lines().toList();
    }
}
