package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Failures that are not the release's own: a registry that is away, a full disk, a host port that
 * somebody else has. Nothing is quarantined, what ran runs, and the retry succeeds when the cause
 * is gone.
 */
class EnvironmentIT {
    private final TestEngine shared = TestEngine.shared();

    @Test
    void registryThatIsDownBlocksANewTagAndNothingElse() {
        try (var images = new TestImages(shared);
                var registry = new RegistryServer();
                var remote = new GitRemote();
                var agent = agent(shared, images, remote)) {
            var pipeline = Workshop.name("registry");
            int port = Workshop.port();
            var one = registry.push(shared, images.web("1"), pipeline + ":1");
            var two = registry.push(shared, images.web("2"), pipeline + ":2");
            var first = remote.commit("One", "p.yaml", Manifests.web(pipeline, one, port));
            agent.awaitSynced(pipeline, first);
            Poller.awaitBody(shared.address(), port, "1");

            registry.goesAway();
            String second;
            try (var poller = Poller.of(shared.address(), port)) {
                second = remote.commit("Two", "p.yaml", Manifests.web(pipeline, two, port));
                var status = awaitBlocked(agent, pipeline, second);
                assertThat(status.path("reason").asText())
                        .contains(pipeline + ":2")
                        .contains("refused");
                assertLeftAlone(shared, pipeline, status, first);
                var sync = agent.plumb("sync", pipeline);
                assertThat(sync.code()).isEqualTo(1);
                assertThat(sync.out() + sync.err()).contains("refused");
                assertThat(poller.failures()).isEmpty();
                assertThat(poller.seen()).containsExactly("1");
            }

            registry.comesBack();
            Ask.sync(agent, pipeline);
            agent.awaitSynced(pipeline, second);
            Poller.awaitBody(shared.address(), port, "2");
        }
    }

    @Test
    void registryThatGoesDownBeforeThePullLeavesWhatRan() {
        try (var images = new TestImages(shared);
                var registry = new RegistryServer();
                var remote = new GitRemote();
                var agent = agent(shared, images, remote)) {
            var pipeline = Workshop.name("pull");
            int port = Workshop.port();
            var one = registry.push(shared, images.web("1"), pipeline + ":1");
            var two = registry.push(shared, images.web("2"), pipeline + ":2");
            var first = remote.commit("One", "p.yaml", Manifests.web(pipeline, one, port));
            agent.awaitSynced(pipeline, first);

            // While it is paused the head is resolved, and nothing is pulled.
            Ask.pause(agent, pipeline);
            var second = remote.commit("Two", "p.yaml", Manifests.web(pipeline, two, port));
            Eventually.is(
                    "the new head is resolved",
                    () -> Ask.plan(agent, pipeline),
                    plan ->
                            plan.path("commit").asText().equals(second)
                                    && plan.at("/actions/0/action").asText().equals("pull"));
            registry.goesAway();
            try (var poller = Poller.of(shared.address(), port)) {
                Ask.resume(agent, pipeline);
                var status =
                        Eventually.is(
                                "the failed pull is told of",
                                () -> agent.status(pipeline),
                                s -> s.path("reason").asText().contains("refused"));
                assertLeftAlone(shared, pipeline, status, first);
                assertPostponed(agent, pipeline, "refused");
                assertThat(poller.failures()).isEmpty();
                assertThat(poller.seen()).containsExactly("1");
            }
            registry.comesBack();
            Ask.sync(agent, pipeline);
            agent.awaitSynced(pipeline, second);
            Poller.awaitBody(shared.address(), port, "2");
        }
    }

    @Test
    void fullDiskLeavesWhatRan() {
        try (var own = OwnEngine.startedOnDisk(96);
                var remote = new GitRemote()) {
            var engine = own.engine();
            var images = new TestImages(engine);
            try (var agent = agent(engine, images, remote)) {
                var pipeline = Workshop.name("disk");
                var besides = Workshop.name("besides");
                var one = images.web("1");
                var two = images.web("2");
                var first =
                        remote.commit(
                                "One",
                                java.util.Map.of(
                                        "p.yaml", Manifests.web(pipeline, one, 18080),
                                        "q.yaml", Manifests.web(besides, one, 0)));
                agent.awaitSynced(pipeline, first);
                agent.awaitSynced(besides, first);
                var undisturbed = engine.running(besides, "web");

                own.fillDisk();
                var second =
                        remote.commit(
                                "Two",
                                java.util.Map.of(
                                        "p.yaml", Manifests.web(pipeline, two, 18080),
                                        "q.yaml", Manifests.web(besides, two, 0)));
                for (var name : List.of(pipeline, besides)) {
                    assertPostponed(agent, name, "no space left");
                    var status =
                            Eventually.is(
                                    "the full disk is told of",
                                    () -> agent.status(name),
                                    s -> s.path("reason").asText().contains("no space left"));
                    assertLeftAlone(engine, name, status, first);
                }
                assertThat(engine.running(besides, "web")).isEqualTo(undisturbed);
                Poller.awaitBody(own.address(), 18080, "1");

                own.freeDisk();
                Ask.sync(agent, pipeline);
                Ask.sync(agent, besides);
                agent.awaitSynced(pipeline, second);
                agent.awaitSynced(besides, second);
                Poller.awaitBody(own.address(), 18080, "2");
            }
        }
    }

    @Test
    void hostPortOfAForeignProcessIsNotTheReleasesFault() throws IOException {
        try (var images = new TestImages(shared);
                var remote = new GitRemote();
                var agent = agent(shared, images, remote)) {
            var pipeline = Workshop.name("port");
            int before = Workshop.port();
            int after = Workshop.port();
            var web = images.web("1");
            var first = remote.commit("One", "p.yaml", Manifests.web(pipeline, web, before));
            agent.awaitSynced(pipeline, first);
            String second;
            try (var taken = new ServerSocket(after, 1, InetAddress.ofLiteral("0.0.0.0"));
                    var poller = Poller.of(shared.address(), before)) {
                second = remote.commit("Two", "p.yaml", Manifests.web(pipeline, web, after));
                assertPostponed(agent, pipeline, Integer.toString(taken.getLocalPort()));
                assertLeftAlone(shared, pipeline, agent.status(pipeline), first);
                assertThat(poller.failures()).isEmpty();
            }
            Ask.sync(agent, pipeline);
            agent.awaitSynced(pipeline, second);
            Poller.awaitBody(shared.address(), after, "1");
        }
    }

    @Test
    void hostPortOfAForeignContainerIsNotTheReleasesFault() {
        try (var images = new TestImages(shared);
                var remote = new GitRemote();
                var agent = agent(shared, images, remote)) {
            var pipeline = Workshop.name("port");
            int port = Workshop.port();
            var web = images.web("1");
            var foreign = shared.docker("run", "-d", "-p", port + ":8080", images.web("foreign"));
            String head;
            try {
                head = remote.commit("One", "p.yaml", Manifests.web(pipeline, web, port));
                assertPostponed(agent, pipeline, Integer.toString(port));
                var status = agent.status(pipeline);
                assertThat(status.path("quarantined")).isEmpty();
                assertThat(status.path("state").asText()).isIn("Blocked", "Progressing");
                Poller.awaitBody(shared.address(), port, "foreign");
                assertThat(shared.inspect(foreign).at("/State/Status").asText())
                        .isEqualTo("running");
            } finally {
                shared.docker("rm", "-f", "-v", foreign);
            }
            Ask.sync(agent, pipeline);
            agent.awaitSynced(pipeline, head);
            Poller.awaitBody(shared.address(), port, "1");
        }
    }

    private static AgentProcess agent(TestEngine engine, TestImages images, GitRemote remote) {
        return AgentProcess.setup()
                .engine(engine)
                .repository(remote)
                .probeImage(images.busybox())
                .start();
    }

    private static JsonNode awaitBlocked(AgentProcess agent, String pipeline, String head) {
        return Eventually.is(
                pipeline + " is Blocked at " + head,
                () -> agent.status(pipeline),
                s ->
                        s.path("state").asText().equals("Blocked")
                                && s.path("head").asText().equals(head));
    }

    /** The try is over, told of with its cause, and another one will be made. */
    private static void assertPostponed(AgentProcess agent, String pipeline, String cause) {
        var event =
                Eventually.is(
                        pipeline + " is postponed",
                        () -> Ask.events(agent, pipeline, "DeploymentPostponed"),
                        found -> !found.isEmpty());
        assertThat(event.getFirst().path("reason").asText()).contains(cause);
        assertThat(Ask.history(agent, pipeline).getFirst().path("state").asText())
                .isEqualTo("Pending");
    }

    /** Nothing is quarantined, and a container of what the commit rendered runs. */
    private static void assertLeftAlone(
            TestEngine engine, String pipeline, JsonNode status, String commit) {
        assertThat(status.path("quarantined")).isEmpty();
        assertThat(status.path("commit").asText()).isEqualTo(commit);
        Eventually.holds(
                "what ran runs",
                () -> {
                    var running = engine.running(pipeline, "web");
                    return running.size() == 1
                            && engine.inspect(running.getFirst())
                                    .at("/Config/Labels/plumbline.commit")
                                    .asText()
                                    .equals(commit);
                });
    }
}
