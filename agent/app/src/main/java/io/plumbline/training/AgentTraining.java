package io.plumbline.training;

import io.plumbline.Plumbline;
import io.plumbline.Wiring;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The program that the build runs for the JVM's cache of loaded and linked classes (JEP 514).
 *
 * <ol>
 *   <li>Starts the whole agent in this process, with an empty state folder, a repository of one
 *       pipeline and an endpoint that answers as an engine does, all in the given folder.
 *   <li>Waits until the agent is ready, and sends some requests to its API.
 *   <li>Ends the process, and with it the agent, in order. The JVM then writes the cache.
 * </ol>
 *
 * <p>It needs no engine, no network beyond loopback, and ends after a minute in any case.
 */
public final class AgentTraining {
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final int FAILED = 1;

    private static final String PIPELINE =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: training}
            spec:
              services:
                - name: web
                  image: %s
                  env: {LOG_LEVEL: info}
                  ports: [{container: 8080, host: "18080-18089"}]
                  healthcheck: {http: {port: 8080, path: /healthz}, interval: 2s}
              rollout: {soak: 5s, progressDeadline: 20s}
            """
                    .formatted(TrainingEngine.IMAGE);

    private static final List<String> QUESTIONS =
            List.of(
                    "/healthz",
                    "/metrics",
                    "/api/v1/pipelines",
                    "/api/v1/pipelines/training",
                    "/api/v1/pipelines/training/history",
                    "/api/v1/engines",
                    "/api/v1/events?follow=false");

    private AgentTraining() {}

    /**
     * Exits with 0 if the agent became ready.
     *
     * @param args an empty folder, which the caller removes
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Thread.ofPlatform().daemon().name("training-deadline").start(AgentTraining::giveUp);
        var folder = Path.of(args[0]).toAbsolutePath();
        try (var _ = TrainingEngine.start(folder.resolve("docker.sock"))) {
            var config = prepare(folder);
            Thread.ofPlatform().daemon().name("agent").start(() -> run(config));
            System.exit(use(folder.resolve("state")) ? 0 : FAILED);
        }
    }

    private static void run(Path config) {
        Plumbline.run(new String[] {"--config", config.toString()}, Wiring.PLAIN);
    }

    private static Path prepare(Path folder) throws IOException {
        var repository = folder.resolve("repository");
        TrainingRepository.create(repository, "training.yaml", PIPELINE);
        return Files.writeString(
                folder.resolve("plumbline.yaml"),
                """
                agent: training
                state: state
                http: {host: 127.0.0.1, port: 0}
                repositories: [{name: training, url: "file://%s", poll: 1s}]
                engines: [{name: training, endpoint: "unix://%s"}]
                """
                        .formatted(repository, folder.resolve("docker.sock")));
    }

    /** Returns whether the agent was ready and answered. */
    private static boolean use(Path state) throws IOException, InterruptedException {
        var address = state.resolve("address");
        while (!Files.exists(address)) {
            Thread.sleep(PAUSE);
        }
        var url = "http://" + Files.readString(address).strip();
        var token = Files.readString(state.resolve("token")).strip();
        while (ask(url + "/readyz", token) != HttpURLConnection.HTTP_OK) {
            Thread.sleep(PAUSE);
        }
        boolean answered = true;
        for (var question : QUESTIONS) {
            answered &= ask(url + question, token) == HttpURLConnection.HTTP_OK;
        }
        return answered;
    }

    private static int ask(String url, String token) throws IOException {
        var request = (HttpURLConnection) URI.create(url).toURL().openConnection();
        request.setRequestProperty("Authorization", "Bearer " + token);
        int status = request.getResponseCode();
        if (status == HttpURLConnection.HTTP_OK) {
            request.getInputStream().readAllBytes();
        }
        return status;
    }

    private static void giveUp() {
        try {
            Thread.sleep(LONGEST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(FAILED);
    }
}
