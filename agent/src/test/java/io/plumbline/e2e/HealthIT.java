package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A stable service whose page goes away and comes back, on a real engine. */
class HealthIT {
    private static final String PIPELINE = Workshop.name("health");
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();

    private static AgentProcess agent;

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    private static String manifest() {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          services:
            - name: web
              image: IMAGE
              replicas: 2
              healthcheck: {http: {port: 8080, path: /healthz}, interval: 1s, timeout: 10s, retries: 2}
          rollout: {soak: 1s}
        """
                .replace("NAME", PIPELINE)
                .replace("IMAGE", IMAGES.web("1"));
    }

    private static void move(String from, String to) {
        for (var container : ENGINE.running(PIPELINE, "web")) {
            ENGINE.docker("exec", container, "/bin/busybox", "mv", from, to);
        }
    }

    private static String health() {
        return agent.status(PIPELINE).path("health").asText();
    }

    private static long told(String type) {
        return StreamSupport.stream(
                        agent.json(
                                        "/api/v1/pipelines/"
                                                + PIPELINE
                                                + "/events?follow=false&limit=1000")
                                .spliterator(),
                        false)
                .filter(e -> e.path("type").asText().equals(type))
                .count();
    }

    @Test
    void aPageThatGoesAwayAfterTheReleaseIsStableIsSeenUntilItIsBack() {
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(REMOTE)
                        .probeImage(IMAGES.busybox())
                        .start();
        agent.awaitSynced(
                PIPELINE, REMOTE.commit("Two replicas", Map.of("health.yaml", manifest())));
        Eventually.holds("healthy", () -> health().equals("Healthy"));
        assertThat(agent.plumb("status", "--exit-code").code()).isZero();

        move("/www/healthz", "/www/gone");
        Eventually.holds("unhealthy", () -> health().equals("Unhealthy"));
        var status = agent.status(PIPELINE);
        assertThat(status.path("state").asText()).isEqualTo("Synced");
        assertThat(status.path("reason").asText())
                .contains("web: 2 of 2 replicas unhealthy", "GET :8080/healthz", "404");
        assertThat(agent.plumb("status", "--exit-code").code()).isEqualTo(1);
        Eventually.holds("told", () -> told("HealthLost") == 2);
        assertThat(agent.plumb("why", PIPELINE).out()).contains("GET :8080/healthz", "404");
        assertThat(agent.get("/metrics").body())
                .contains("plumbline_pipeline_health{health=\"Unhealthy\",pipeline=\"" + PIPELINE)
                .contains("kind=\"healthy\",pipeline=\"" + PIPELINE + "\",service=\"web\"} 0.0");

        agent.restartAfterKill();
        Eventually.holds("unhealthy", () -> health().equals("Unhealthy"));
        assertThat(told("HealthLost")).isEqualTo(2);

        move("/www/gone", "/www/healthz");
        Eventually.holds("healthy again", () -> health().equals("Healthy"));
        Eventually.holds("told", () -> told("HealthRegained") == 2);
        assertThat(agent.plumb("status", "--exit-code").code()).isZero();
        assertThat(told("RevertStarted")).isZero();
    }
}
