package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Rollback with parts of the world gone or broken. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RollbackTroubleIT {
    private static final int FAILED = 6;

    private final List<String> pulled = new ArrayList<>();
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
        // Not before: an engine keeps an image that a running container uses.
        pulled.forEach(id -> stage.engine.tryDocker("rmi", "-f", id));
    }

    @Test
    void needsNeitherTheRepositoryNorTheRegistryNorTheAgentThatDeployed() throws IOException {
        var pipeline = Workshop.name("alone");
        int port = Workshop.port();
        try (var registry = new RegistryServer()) {
            var pushed = new Pushed(registry, "alone-1", "alone-2", "alone-3");
            stage.deploy(pipeline, Manifests.web(pipeline, pushed.reference(0), port));
            var first = stage.awaitOnly(pipeline);
            var two = stage.deploy(pipeline, Manifests.web(pipeline, pushed.reference(1), port));
            var second = stage.awaitOnly(pipeline);
            stage.deploy(pipeline, Manifests.web(pipeline, pushed.reference(2), port));
            stage.remote.goesAway();
            registry.goesAway();
            agent.kill9();
            agent.start();

            stage.plumb(0, "rollback", pipeline, "--wait");

            assertThat(Poller.get(stage.engine.address(), port, "/")).isEqualTo("alone-2");
            var back = stage.awaitOnly(pipeline);
            assertThat(back.path("Id")).as("the kept container").isEqualTo(second.path("Id"));
            assertThat(back.at("/HostConfig/RestartPolicy/Name").asText())
                    .isEqualTo("unless-stopped");
            var status = agent.status(pipeline);
            assertThat(status.path("state").asText()).isEqualTo("RolledBack");
            assertThat(status.path("release")).isEqualTo(two.path("release"));

            // Further back, to a release whose kept container somebody removed.
            stage.engine.docker("rm", first.path("Id").asText());
            stage.plumb(0, "rollback", pipeline, "--wait");
            assertThat(Poller.get(stage.engine.address(), port, "/")).isEqualTo("alone-1");
            var running = stage.awaitOnly(pipeline);

            stage.remote.comesBack();
            stage.remote.throughPolls(() -> stage.isUntouched(pipeline, running));
            assertThat(agent.status(pipeline).path("state").asText()).isEqualTo("RolledBack");
        } finally {
            stage.remote.comesBack();
        }
    }

    @Test
    void putsBackWhatRanWhenTheTargetFailsOnItsOwn() throws IOException {
        var pipeline = Workshop.name("data");
        int port = Workshop.port();
        stage.deploy(
                pipeline,
                withData(pipeline, port, "data-1", "if [ -e /data/new ]; then exit 5; fi"));
        var two = stage.deploy(pipeline, withData(pipeline, port, "data-2", "echo > /data/new"));
        var running = stage.awaitOnly(pipeline).path("Id");

        var said = stage.plumb(FAILED, "rollback", pipeline, "--wait");

        assertThat(said).contains("code 5");
        var status = isPutBack(pipeline, two);
        Poller.awaitBody(stage.engine.address(), port, "data-2");
        var now = stage.awaitPutBack(pipeline);
        assertThat(now.path("Id")).isEqualTo(running);
        assertThat(creations(pipeline))
                .as("one for each deployment, and one anew for the rollback")
                .isEqualTo(3);
        stage.remote.throughPolls(() -> stage.isUntouched(pipeline, now));
        assertThat(agent.status(pipeline).path("deployment")).isEqualTo(status.path("deployment"));

        stage.deploy(pipeline, withData(pipeline, port, "data-3", ":"));
    }

    private String withData(String pipeline, int port, String version, String first) {
        return Manifests.pipeline(
                pipeline,
                "0s",
                "60s",
                List.of(
                        Manifests.service(
                                "web",
                                images.web(version),
                                """
                                ports: [{container: 8080, host: "%d"}]
                                volumes: [{name: data, target: /data}]
                                env: {VERSION: %s}
                                command:
                                  - /bin/sh
                                  - -c
                                  - "%s; trap 'kill $p; exit 0' TERM; httpd -f -p 8080 -h /www & p=$!; wait $p"
                                """
                                        .formatted(port, version, first))),
                "");
    }

    private JsonNode isPutBack(String pipeline, JsonNode before) {
        // What runs is what Git wants: only the deployment's record says that going back failed.
        var status = agent.awaitState(pipeline, "Synced");
        assertThat(status.at("/deployment/state").asText()).isEqualTo("RevertFailed");
        assertThat(status.at("/deployment/trigger").asText()).isEqualTo("rollback");
        assertThat(status.path("release")).isEqualTo(before.path("release"));
        assertThat(status.path("quarantined")).as("the quarantine it wrote is lifted").isEmpty();
        return status;
    }

    private long creations(String pipeline) {
        return stage.events(pipeline).findValuesAsText("reason").stream()
                .filter(r -> r.startsWith("create " + pipeline + "-web-1-"))
                .count();
    }

    @Test
    void touchesNothingWhenTheImageIsGoneAndNobodyHasIt() {
        var pipeline = Workshop.name("image");
        try (var registry = new RegistryServer()) {
            var pushed = new Pushed(registry, "image-1", "image-2");
            stage.deploy(pipeline, TestAgent.inner(pipeline, pushed.reference(0)));
            var first = stage.awaitOnly(pipeline);
            var two = stage.deploy(pipeline, TestAgent.inner(pipeline, pushed.reference(1)));
            var running = stage.awaitOnly(pipeline);
            registry.goesAway();
            stage.engine.docker("rm", first.path("Id").asText());
            pushed.removeFromEngine(0);
            var warned =
                    Eventually.is(
                            "status says so before it is needed",
                            () -> agent.status(pipeline),
                            s -> !s.at("/rollback/ready").asBoolean());
            assertThat(warned.at("/rollback/missing/0").asText()).contains(pushed.reference(0));

            var refused = stage.plumb(FAILED, "rollback", pipeline, "--wait");

            assertThat(refused).contains(pushed.reference(0), "nothing was changed");
            assertThat(agent.status(pipeline).path("release")).isEqualTo(two.path("release"));
            assertThat(agent.status(pipeline).path("quarantined")).isEmpty();
            stage.isUntouched(pipeline, running);
            registry.comesBack();
            stage.plumb(0, "rollback", pipeline, "--wait");
            assertThat(agent.status(pipeline).path("state").asText()).isEqualTo("RolledBack");
            assertThat(stage.awaitOnly(pipeline).at("/Config/Labels/plumbline.image").asText())
                    .isEqualTo(pushed.reference(0));
        }
    }

    @Test
    void aRevertThatIsHinderedEndsWithTheStableReleaseWhenItCan() {
        var pipeline = Workshop.name("heals");
        int port = Workshop.port();
        try (var registry = new RegistryServer()) {
            var pushed = new Pushed(registry, "heals-1");
            stage.deploy(pipeline, Manifests.web(pipeline, pushed.reference(0), port));
            var good = stage.awaitOnly(pipeline).path("Id").asText();
            stage.commit(pipeline, Manifests.web(pipeline, images.neverHealthy("heals-2"), port));
            Eventually.holds(
                    "the port is given up",
                    () -> !stage.engine.inspect(good).at("/State/Running").asBoolean());
            registry.goesAway();
            stage.engine.docker("rm", good);
            pushed.removeFromEngine(0);
            Eventually.is(
                    "it goes back and cannot",
                    () -> agent.status(pipeline),
                    s ->
                            s.at("/deployment/state").asText().equals("Reverting")
                                    && s.path("reason").asText().contains("tried again"));
            registry.comesBack();

            agent.awaitState(pipeline, "Reverted");
            Poller.awaitBody(stage.engine.address(), port, "heals-1");
            assertThat(stage.awaitOnly(pipeline).at("/Config/Labels/plumbline.image").asText())
                    .isEqualTo(pushed.reference(0));
        }
    }

    @Test
    void keptContainersThatDoNotStartOrBecomeHealthyAreMadeAnewOnce() {
        var pipeline = Workshop.name("anew");
        stage.deploy(pipeline, two(pipeline, "anew-1"));
        var kept = stage.engine.running(TestAgent.of(pipeline));
        stage.deploy(pipeline, two(pipeline, "anew-2"));
        Eventually.holds("two run", () -> stage.engine.running(TestAgent.of(pipeline)).size() == 2);
        for (var id : kept) {
            var service = stage.engine.inspect(id).at("/Config/Labels/plumbline.service").asText();
            // One denies its health check now, the engine cannot start the other any more.
            var broken =
                    service.equals("sick")
                            ? new Tar().file("etc/httpd.conf", 0644, "D:*\n")
                            : new Tar().file("bin/sh", 0644, "no program");
            stage.engine.dockerIn(broken.bytes(), "cp", "-", id + ":/");
        }

        stage.plumb(0, "rollback", pipeline, "--wait");

        Eventually.holds("two run", () -> stage.engine.running(TestAgent.of(pipeline)).size() == 2);
        assertThat(stage.engine.running(TestAgent.of(pipeline))).doesNotContainAnyElementsOf(kept);
        for (var id : stage.engine.running(TestAgent.of(pipeline))) {
            assertThat(stage.engine.inspect(id).at("/Config/Labels/plumbline.image").asText())
                    .isEqualTo(images.web("anew-1"));
        }
    }

    private String two(String pipeline, String version) {
        return Manifests.pipeline(
                pipeline,
                Manifests.service("sick", images.web(version), 0),
                Manifests.service("dead", images.web(version), 0));
    }

    /** Images that only the registry has; what the agent pulls of them goes with the last test. */
    private final class Pushed {
        private final List<String> references;
        private final List<String> ids;

        Pushed(RegistryServer registry, String... versions) {
            ids =
                    List.of(versions).stream()
                            .map(v -> stage.engine.inspect(images.web(v)).path("Id").asText())
                            .toList();
            references =
                    List.of(versions).stream()
                            .map(v -> registry.push(stage.engine, images.web(v), "demo/web:" + v))
                            .toList();
            ids.forEach(id -> stage.engine.docker("rmi", "-f", id));
            pulled.addAll(ids);
        }

        String reference(int i) {
            return references.get(i);
        }

        void removeFromEngine(int i) {
            stage.engine.docker("rmi", "-f", ids.get(i));
        }
    }
}
