package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A stable service whose page goes away and comes back, on a real engine. */
class HealthIT {
    private static final String PIPELINE = Workshop.name("health");
    private static final String RESTARTED = Workshop.name("restarted");
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();

    private static AgentProcess agent;

    @BeforeAll
    static void start() {
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(REMOTE)
                        .probeImage(IMAGES.busybox())
                        .start();
        agent.awaitSynced(
                PIPELINE,
                REMOTE.commit(
                        "Two pipelines",
                        Map.of(
                                "health.yaml", manifest(PIPELINE, 2, ""),
                                "restarted.yaml",
                                        manifest(
                                                RESTARTED,
                                                1,
                                                ", onUnhealthy: restart, startPeriod: 1s,"
                                                        + " restartAfter: 3s"))));
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    private static String manifest(String pipeline, int replicas, String more) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          services:
            - name: web
              image: IMAGE
              replicas: REPLICAS
              stopGracePeriod: 1s
              healthcheck: {http: {port: 8080, path: /healthz}, interval: 1s, timeout: 10s, retries: 2MORE}
          rollout: {soak: 1s}
        """
                .replace("NAME", pipeline)
                .replace("REPLICAS", Integer.toString(replicas))
                .replace("MORE", more)
                .replace("IMAGE", IMAGES.web("1"));
    }

    /** Fails when no container runs, as between a stop and a start again. */
    private static void move(String pipeline, String from, String to) {
        var running = ENGINE.running(pipeline, "web");
        assertThat(running).as("running containers of %s", pipeline).isNotEmpty();
        for (var container : running) {
            var once = "[ -e %2$s ] || mv %1$s %2$s".formatted(from, to);
            ENGINE.docker("exec", container, "/bin/busybox", "sh", "-c", once);
        }
    }

    private static String health() {
        return health(PIPELINE);
    }

    private static String health(String pipeline) {
        return agent.status(pipeline).path("health").asText();
    }

    private static long told(String type) {
        return told(PIPELINE, type);
    }

    private static long told(String pipeline, String type) {
        return StreamSupport.stream(
                        agent.json(
                                        "/api/v1/pipelines/"
                                                + pipeline
                                                + "/events?follow=false&limit=1000")
                                .spliterator(),
                        false)
                .filter(e -> e.path("type").asText().equals(type))
                .count();
    }

    @Test
    void aPageThatGoesAwayAfterTheReleaseIsStableIsSeenUntilItIsBack() {
        Eventually.holds("healthy", () -> health().equals("Healthy"));
        assertThat(agent.plumb("status", PIPELINE, "--exit-code").code()).isZero();

        move(PIPELINE, "/www/healthz", "/www/gone");
        Eventually.holds("unhealthy", () -> health().equals("Unhealthy"));
        var status = agent.status(PIPELINE);
        assertThat(status.path("state").asText()).isEqualTo("Synced");
        assertThat(status.path("reason").asText())
                .contains(
                        "web: 2 of 2 replicas unhealthy", "GET http://:8080/healthz answered 404");
        assertThat(agent.plumb("status", PIPELINE, "--exit-code").code()).isEqualTo(1);
        Eventually.holds("told", () -> told("HealthLost") == 2);
        assertThat(agent.plumb("why", PIPELINE).out())
                .contains("GET http://:8080/healthz answered 404");
        assertThat(agent.get("/metrics").body())
                .contains("plumbline_pipeline_health{health=\"Unhealthy\",pipeline=\"" + PIPELINE)
                .contains("kind=\"healthy\",pipeline=\"" + PIPELINE + "\",service=\"web\"} 0.0");

        agent.restartAfterKill();
        Eventually.holds("unhealthy", () -> health().equals("Unhealthy"));
        assertThat(told("HealthLost")).isEqualTo(2);

        move(PIPELINE, "/www/gone", "/www/healthz");
        Eventually.holds("healthy again", () -> health().equals("Healthy"));
        Eventually.holds("told", () -> told("HealthRegained") == 2);
        assertThat(agent.plumb("status", PIPELINE, "--exit-code").code()).isZero();
        assertThat(told("RevertStarted")).isZero();
    }

    @Test
    void oneThatAsksForItIsRestartedInPlaceUntilItIsHealthy() {
        Eventually.holds("healthy", () -> health(RESTARTED).equals("Healthy"));
        var before = ENGINE.inspect(ENGINE.running(RESTARTED, "web").getFirst());
        move(RESTARTED, "/www/healthz", "/www/gone");
        Eventually.holds("restarted twice", () -> told(RESTARTED, "HealthRestart") >= 2);
        // It may be between a stop and a start again.
        var after = ENGINE.inspect(before.path("Id").asText());
        assertThat(after.at("/State/StartedAt")).isNotEqualTo(before.at("/State/StartedAt"));
        assertThat(agent.plumb("why", RESTARTED).out()).contains("HealthRestart", "404");
        Eventually.holds(
                "the page is back",
                () -> {
                    move(RESTARTED, "/www/gone", "/www/healthz");
                    return true;
                });
        Eventually.holds("healthy again", () -> health(RESTARTED).equals("Healthy"));
        assertThat(told(RESTARTED, "RevertStarted")).isZero();
        assertThat(told(RESTARTED, "DriftDetected")).isZero();
    }
}
