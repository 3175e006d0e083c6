package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Many manifests in one repository: what is wrong with one is nobody else's trouble. */
class ManyManifestsIT {
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);

    private static String web;

    @BeforeAll
    static void image() {
        web = IMAGES.web("1");
    }

    @AfterAll
    static void remove() {
        IMAGES.close();
    }

    /** The least that is a pipeline: no health check, a container that is up. */
    private static String tiny(String name, String port) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: %s}
        spec:
          rollout: {soak: 0s}
          services:
            - name: web
              image: %s
              stopGracePeriod: 1s
        %s"""
                .formatted(
                        name,
                        web,
                        port.isEmpty()
                                ? ""
                                : "      ports: [{container: 8080, host: \"" + port + "\"}]\n");
    }

    @Test
    void oneBrokenManifestAmongTwentyStopsOnlyItself() {
        try (var remote = new GitRemote();
                var agent = AgentProcess.setup().engine(ENGINE).repository(remote).start()) {
            var broken = Workshop.name("broken");
            var first = remote.commit("One", "pipelines/broken.yaml", tiny(broken, ""));
            agent.awaitSynced(broken, first);
            var ran = ENGINE.running(broken, "web");
            assertThat(ran).hasSize(1);

            var names = new ArrayList<String>();
            var files = new HashMap<String, String>();
            for (int i = 1; i < 20; i++) {
                var name = Workshop.name("many");
                names.add(name);
                files.put("pipelines/p%02d.yaml".formatted(i), tiny(name, ""));
            }
            files.put(
                    "pipelines/broken.yaml",
                    tiny(broken, "").replace("      image:", "      replicas: -1\n      image:"));
            var head = remote.commit("Nineteen more, and one broken", files);
            for (var name : names) {
                agent.awaitSynced(name, head);
            }
            for (var name : names) {
                assertThat(ENGINE.running(name, "web")).hasSize(1);
            }
            var status = agent.awaitState(broken, "Blocked");
            assertThat(status.path("reason").asText())
                    .contains("pipelines/broken.yaml:8:17: spec.services[0].replicas: ");
            assertThat(status.path("head").asText()).isEqualTo(head);
            assertThat(status.path("commit").asText()).isEqualTo(first);
            assertThat(status.path("quarantined")).isEmpty();
            assertThat(ENGINE.running(broken, "web")).isEqualTo(ran);

            var repaired =
                    remote.commit(
                            "Repaired",
                            "pipelines/broken.yaml",
                            tiny(broken, "") + "      env: {A: b}\n");
            agent.awaitSynced(broken, repaired);
            // Where nothing is fought over, the old one stops when the new one is stable.
            Eventually.is(
                    "the repaired one runs alone",
                    () -> ENGINE.running(broken, "web"),
                    running -> running.size() == 1 && !running.equals(ran));
        }
    }

    @Test
    void firstOfTwoThatClaimOneHostPortWins() {
        try (var remote = new GitRemote();
                var agent = AgentProcess.setup().engine(ENGINE).repository(remote).start()) {
            // By path, not by name.
            var second = Workshop.name("a-second");
            var first = Workshop.name("b-first");
            var port = Integer.toString(Workshop.port());
            var both =
                    remote.commit(
                            "Two want one port",
                            Map.of("1.yaml", tiny(first, port), "2.yaml", tiny(second, port)));
            agent.awaitSynced(first, both);
            var status = agent.awaitState(second, "Blocked");
            assertThat(status.path("reason").asText()).contains(port).contains(first);
            assertThat(status.path("quarantined")).isEmpty();
            assertThat(ENGINE.containers("plumbline.pipeline=" + second)).isEmpty();
            Poller.awaitBody(ENGINE.address(), Integer.parseInt(port), "1");

            // It may have the port as soon as a release of the first without it is stable.
            var other = Integer.toString(Workshop.port());
            var freed = remote.commit("The first moves", "1.yaml", tiny(first, other));
            agent.awaitSynced(first, freed);
            agent.awaitSynced(second, freed);
            var running = ENGINE.running(second, "web");
            assertThat(running).hasSize(1);
            assertThat(ENGINE.docker("port", running.getFirst(), "8080")).contains(":" + port);
            assertThat(List.of(first, second))
                    .allSatisfy(
                            name -> assertThat(agent.status(name).path("quarantined")).isEmpty());
        }
    }
}
