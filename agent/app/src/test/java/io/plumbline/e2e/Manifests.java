package io.plumbline.e2e;

import java.util.List;

/** Manifests for tests: no soaks, quick health checks. */
public final class Manifests {
    private Manifests() {}

    /** A pipeline of one service {@code web} that publishes 8080 on {@code hostPort}. */
    public static String web(String pipeline, String image, int hostPort) {
        return pipeline(pipeline, service("web", image, hostPort));
    }

    /** A pipeline of these services; no soak, progress deadline 60 s. */
    public static String pipeline(String name, String... services) {
        return pipeline(name, "0s", "60s", List.of(services), "");
    }

    /**
     * A pipeline.
     *
     * @param services as {@link #service} writes them
     * @param more further lines of {@code spec}, indented by two blanks, or nothing
     */
    public static String pipeline(
            String name, String soak, String progressDeadline, List<String> services, String more) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata:
          name: %s
        spec:
        %s  rollout: {soak: %s, progressDeadline: %s}
          services:
        %s"""
                .formatted(
                        name,
                        more.isEmpty() || more.endsWith("\n") ? more : more + "\n",
                        soak,
                        progressDeadline,
                        String.join("", services));
    }

    /** A service that publishes 8080 on {@code hostPort}, or nothing when that is 0. */
    public static String service(String name, String image, int hostPort) {
        var port =
                hostPort == 0 ? "" : "ports: [{container: 8080, host: \"%d\"}]".formatted(hostPort);
        return service(name, image, port);
    }

    /**
     * A service with an http health check and a grace of two seconds. The check may take long: on a
     * machine that is busy, a check that timed out would say nothing of the service.
     *
     * @param more further lines of the service, each without indentation, or nothing
     */
    public static String service(String name, String image, String more) {
        var lines = new StringBuilder();
        more.lines()
                .filter(line -> !line.isBlank())
                .forEach(line -> lines.append("      ").append(line).append('\n'));
        return """
            - name: %s
              image: %s
              stopGracePeriod: 2s
              healthcheck: {http: {port: 8080, path: /healthz}, interval: 1s, timeout: 20s, retries: 3}
        %s"""
                .formatted(name, image, lines);
    }
}
