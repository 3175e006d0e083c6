package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What follows a release that fails by its own fault. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailedReleaseIT {
    private TestAgent stage;
    private TestImages images;
    private AgentProcess agent;

    @BeforeAll
    void open() {
        stage = new TestAgent();
        images = stage.images;
        agent = stage.agent;
    }

    @AfterAll
    void close() {
        stage.close();
    }

    /** How a release fails, each in a pipeline of its own. */
    private enum Failing {
        CANNOT_START("no such file|not found"),
        NEVER_HEALTHY("web: GET http://:8080/healthz answered 404"),
        DIES_IN_THE_SOAK("web: exited with code 3 after it was healthy");

        final String pipeline = Workshop.name(name().toLowerCase(Locale.ROOT).replace('_', '-'));
        final String why;

        Failing(String why) {
            this.why = why;
        }
    }

    private String bad(Failing failing) {
        return switch (failing) {
            case CANNOT_START -> images.cannotStart("bad");
            case NEVER_HEALTHY -> images.neverHealthy("bad");
            case DIES_IN_THE_SOAK -> images.diesWhenTold("bad");
        };
    }

    /** All ways to fail at once, so that the agent has to be killed only once. */
    @Test
    void isRevertedAndQuarantinedAndNotTriedAgainWhileTheOldContainerAnswersAllAlong() {
        var good = commitAll("Good", _ -> images.web("good-1"), "0s");
        var before = new EnumMap<Failing, JsonNode>(Failing.class);
        for (var failing : Failing.values()) {
            agent.awaitSynced(failing.pipeline, good);
            before.put(failing, stage.only(failing.pipeline));
        }
        var clients = new EnumMap<Failing, NetworkClient>(Failing.class);
        try {
            before.forEach((failing, old) -> clients.put(failing, client(failing, old)));

            // The soak is longer than any machine needs: only what ends the container ends it.
            var broken = commitAll("Bad", this::bad, "10m");
            endInTheSoak(Failing.DIES_IN_THE_SOAK, broken);
            for (var failing : Failing.values()) {
                var status = agent.awaitState(failing.pipeline, "Reverted");
                isReverted(failing, status, good, broken);
                stage.isUntouched(failing.pipeline, the(before, failing));
            }
            staysAway(before);

            asked(Failing.DIES_IN_THE_SOAK, clients, "good-1");
            var next = commitAll("Good again", _ -> images.web("good-2"), "0s");
            for (var failing : Failing.values()) {
                agent.awaitSynced(failing.pipeline, next);
                Eventually.holds(
                        failing + ": the new runs, the old is kept, the failed one is gone",
                        () ->
                                stage.engine.running(TestAgent.of(failing.pipeline)).size() == 1
                                        && stage.engine
                                                        .containers(TestAgent.of(failing.pipeline))
                                                        .size()
                                                == 2);
                assertThat(stage.only(failing.pipeline).path("Id"))
                        .isNotEqualTo(the(before, failing).path("Id"));
            }
            for (var failing : List.copyOf(clients.keySet())) {
                asked(failing, clients, "good-1", "good-2");
            }
        } finally {
            clients.values().forEach(NetworkClient::close);
        }
    }

    private void endInTheSoak(Failing failing, String commit) {
        Eventually.is(
                failing + " soaks",
                () -> agent.status(failing.pipeline).path("deployment"),
                d ->
                        d.path("commit").asText().equals(commit)
                                && d.path("state").asText().equals("Verifying"));
        for (var id : stage.engine.running(TestAgent.of(failing.pipeline))) {
            var image = stage.engine.inspect(id).at("/Config/Labels/plumbline.image").asText();
            if (image.equals(bad(failing))) {
                stage.engine.docker("exec", id, "/bin/sh", "-c", ">/die");
            }
        }
    }

    /**
     * A release that is healthy for a while serves under the service's name beside the old one, as
     * it should; what is lost when it dies is its own fault. There the old one is asked by its own
     * name.
     */
    private NetworkClient client(Failing failing, JsonNode old) {
        var name =
                failing == Failing.DIES_IN_THE_SOAK
                        ? old.path("Name").asText().substring(1)
                        : "web";
        return NetworkClient.of(stage.engine, images.busybox(), failing.pipeline, name);
    }

    private void asked(Failing failing, Map<Failing, NetworkClient> clients, String... bodies) {
        try (var client = the(clients, failing)) {
            clients.remove(failing);
            client.awaitMore();
            assertThat(client.failures())
                    .as("%s: of %d answers; %s", failing, client.answers(), acts(failing.pipeline))
                    .isEmpty();
            assertThat(client.seen()).containsExactly(bodies);
        }
    }

    private static <V> V the(Map<Failing, V> map, Failing failing) {
        return Objects.requireNonNull(map.get(failing), failing.name());
    }

    private String acts(String pipeline) {
        var lines = new StringBuilder();
        for (var e : stage.events(pipeline)) {
            lines.append(e.path("at").asText()).append(' ').append(e.path("type").asText());
            lines.append(' ').append(e.path("reason").asText()).append('\n');
        }
        return lines.toString();
    }

    private void isReverted(Failing failing, JsonNode status, String good, String broken) {
        assertThat(status.path("commit").asText()).as(failing.name()).isEqualTo(good);
        assertThat(status.path("head").asText()).isEqualTo(broken);
        assertThat(status.path("release")).isEqualTo(status.path("stableRelease"));
        assertThat(status.path("health").asText()).isEqualTo("Healthy");
        assertThat(status.path("quarantined")).hasSize(1);
        var quarantine = status.at("/quarantined/0");
        assertThat(quarantine.path("cause").asText()).isEqualTo("failed");
        assertThat(quarantine.path("by").asText()).isEqualTo("agent");
        assertThat(quarantine.path("commit").asText()).isEqualTo(broken);
        assertThat(quarantine.path("reason").asText()).containsPattern(failing.why);
        assertThat(status.at("/deployment/state").asText()).isEqualTo("Reverted");
        assertThat(status.at("/deployment/release")).isEqualTo(quarantine.path("release"));
        assertThat(status.at("/deployment/release")).isNotEqualTo(status.path("release"));
    }

    /** Neither the next looks nor an agent that was killed and started again try them again. */
    private void staysAway(Map<Failing, JsonNode> before) {
        Eventually.holds(
                "nothing of the failed releases runs",
                () ->
                        before.keySet().stream()
                                .allMatch(
                                        f ->
                                                stage.engine
                                                                .running(TestAgent.of(f.pipeline))
                                                                .size()
                                                        == 1));
        var there = new EnumMap<Failing, List<String>>(Failing.class);
        before.keySet()
                .forEach(f -> there.put(f, stage.engine.containers(TestAgent.of(f.pipeline))));
        agent.restartAfterKill();
        var head = stage.remote.commit("Something else", "notes/else.md", "else\n");
        stage.remote.throughPolls(
                () ->
                        there.forEach(
                                (failing, containers) -> {
                                    assertThat(
                                                    stage.engine.containers(
                                                            TestAgent.of(failing.pipeline)))
                                            .as(failing.name())
                                            .isEqualTo(containers);
                                    stage.isUntouched(failing.pipeline, the(before, failing));
                                }));
        for (var failing : before.keySet()) {
            var status = agent.status(failing.pipeline);
            assertThat(status.path("state").asText()).isEqualTo("Reverted");
            assertThat(status.path("head").asText()).isEqualTo(head);
        }
    }

    @Test
    void givesTheHostPortBackToTheOldContainer() throws IOException {
        var pipeline = Workshop.name("port");
        int port = Workshop.port();
        var good = stage.commit(pipeline, Manifests.web(pipeline, images.web("port-1"), port));
        agent.awaitSynced(pipeline, good);
        var old = stage.only(pipeline);
        stage.commit(pipeline, Manifests.web(pipeline, images.neverHealthy("port-2"), port));

        agent.awaitState(pipeline, "Reverted");

        var now = stage.only(pipeline);
        assertThat(now.path("Id")).isEqualTo(old.path("Id"));
        assertThat(now.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("unless-stopped");
        assertThat(Poller.get(stage.engine.address(), port, "/")).isEqualTo("port-1");
        assertThat(stage.events(pipeline).findValuesAsText("field")).contains("ports[8080/tcp]");
    }

    @Test
    void firstReleaseThatFailsIsStoppedAndKeptForItsLogs() {
        var pipeline = Workshop.name("first");
        int port = Workshop.port();
        var broken =
                stage.commit(
                        pipeline,
                        Manifests.web(
                                pipeline,
                                images.shell("says:1", "echo cannot find the model; exit 4"),
                                port));

        var status = agent.awaitState(pipeline, "Failed");

        assertThat(status.path("reason").asText())
                .contains("web: exited with code 4", "cannot find the model");
        assertThat(status.path("release").isNull()).isTrue();
        assertThat(status.path("stableRelease").isNull()).isTrue();
        assertThat(status.at("/quarantined/0/commit").asText()).isEqualTo(broken);
        Eventually.holds(
                "it is stopped for good",
                () -> {
                    var ids = stage.engine.containers(TestAgent.of(pipeline));
                    var c = stage.engine.inspect(ids.getFirst());
                    return ids.size() == 1
                            && c.at("/State/Status").asText().equals("exited")
                            && c.at("/HostConfig/RestartPolicy/Name").asText().equals("no");
                });
        assertThat(isFree(port)).isTrue();
        assertThat(agent.plumb("logs", pipeline + "/web").ok().out())
                .contains("cannot find the model");
        var release = status.at("/deployment/release").asText();
        assertThat(agent.plumb("logs", pipeline + "/web", "--release", release).ok().out())
                .contains("cannot find the model");
        assertThat(agent.plumb("rollback", pipeline).code())
                .as("nothing to go back to")
                .isEqualTo(6);
        var failed =
                stage.engine.inspect(stage.engine.containers(TestAgent.of(pipeline)).getFirst());
        stage.remote.throughPolls(
                () ->
                        assertThat(stage.engine.inspect(failed.path("Id").asText()).path("State"))
                                .isEqualTo(failed.path("State")));

        var good = stage.commit(pipeline, Manifests.web(pipeline, images.web("first-2"), port));
        agent.awaitSynced(pipeline, good);
        Poller.awaitBody(stage.engine.address(), port, "first-2");
        Eventually.holds(
                "the failed one is gone",
                () -> stage.engine.containers(TestAgent.of(pipeline)).size() == 1);
        for (var which :
                List.of(
                        List.of("--failed"),
                        List.of("--release", release),
                        List.of("--previous", "--since", "1h"))) {
            var words = new ArrayList<>(List.of("logs", pipeline + "/web"));
            words.addAll(which);
            assertThat(agent.plumb(words.toArray(String[]::new)).ok().out())
                    .as(which + ": the container is gone, its log is kept")
                    .contains(" is gone; it exited with code 4 at ", "cannot find the model");
        }
        assertThat(agent.plumb("logs", pipeline + "/web", "-n", "1", "--timestamps").ok().out())
                .as("the log of a container that runs, with times")
                .matches("(20[0-9-]{8}T[0-9:.]{12}Z .*\n)?");
    }

    @Test
    void onFailurePauseLeavesAllAsItIsForALookUntilAnOperatorSpeaks() {
        var pipeline = Workshop.name("pause");
        var good = stage.commit(pipeline, pausing(pipeline, images.web("pause-1")));
        agent.awaitSynced(pipeline, good);
        var old = stage.only(pipeline);
        stage.commit(pipeline, pausing(pipeline, images.neverHealthy("pause-2")));

        var status = agent.awaitState(pipeline, "Paused");

        assertThat(status.at("/paused/by").asText()).isEqualTo("agent");
        assertThat(status.at("/paused/reason").asText()).contains("health");
        assertThat(status.at("/deployment/state").asText()).isEqualTo("Failed");
        assertThat(status.at("/quarantined/0/cause").asText()).isEqualTo("failed");
        stage.remote.throughPolls(
                () -> assertThat(stage.engine.running(TestAgent.of(pipeline))).hasSize(2));

        // What an operator leaves now is the release that failed, not the good one before it.
        assertThat(agent.plumb("rollback", pipeline, "--wait").ok().out()).contains("RolledBack");
        Eventually.holds(
                "the failed one stops",
                () -> stage.engine.running(TestAgent.of(pipeline)).size() == 1);
        stage.isUntouched(pipeline, old);
        var back = agent.status(pipeline);
        assertThat(back.path("paused").isNull()).isTrue();
        assertThat(back.path("commit").asText()).isEqualTo(good);

        var next = stage.commit(pipeline, pausing(pipeline, images.web("pause-3")));
        agent.awaitSynced(pipeline, next);
    }

    @Test
    void resumeAfterAPauseOnFailureGoesBackToWhatWasGood() {
        var pipeline = Workshop.name("resume");
        int port = Workshop.port();
        var web = Manifests.service("web", images.web("resume-1"), port);
        var good = stage.commit(pipeline, pausing(pipeline, List.of(web)));
        agent.awaitSynced(pipeline, good);
        var old = stage.only(pipeline);
        var sick = Manifests.service("web", images.neverHealthy("resume-2"), port);
        stage.commit(pipeline, pausing(pipeline, List.of(sick)));
        agent.awaitState(pipeline, "Paused");
        Poller.awaitBody(stage.engine.address(), port, "resume-2");

        agent.plumb("resume", pipeline).ok();

        Poller.awaitBody(stage.engine.address(), port, "resume-1");
        Eventually.holds(
                "one runs", () -> stage.engine.running(TestAgent.of(pipeline)).size() == 1);
        assertThat(stage.only(pipeline).path("Id")).isEqualTo(old.path("Id"));
        stage.remote.throughPolls(
                () -> assertThat(stage.only(pipeline).path("Id")).isEqualTo(old.path("Id")));
    }

    // ---- what the tests share

    private static String pausing(String pipeline, String image) {
        return pausing(pipeline, List.of(Manifests.service("web", image, 0)));
    }

    private static String pausing(String pipeline, List<String> services) {
        return Manifests.pipeline(pipeline, "0s", "60s", services, "")
                .replace("rollout: {", "rollout: {onFailure: pause, ");
    }

    private String commitAll(String message, Function<Failing, String> image, String soak) {
        var files = new TreeMap<String, String>();
        for (var failing : Failing.values()) {
            var web = Manifests.service("web", image.apply(failing), 0);
            files.put(
                    "pipelines/" + failing.pipeline + ".yaml",
                    Manifests.pipeline(failing.pipeline, soak, "60s", List.of(web), ""));
        }
        return stage.remote.commit(message, files);
    }

    private static boolean isFree(int port) {
        try (var probe = new ServerSocket(port)) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
