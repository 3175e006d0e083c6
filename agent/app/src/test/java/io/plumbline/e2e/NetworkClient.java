package io.plumbline.e2e;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A client inside a pipeline's network that asks for a service by its name again and again, as the
 * pipeline's other services do, and remembers every answer. A container of the test's own, without
 * any of the agent's labels.
 */
final class NetworkClient implements AutoCloseable {
    private final TestEngine engine;
    private final String id;

    private NetworkClient(TestEngine engine, String id) {
        this.engine = engine;
        this.id = id;
    }

    /** Begins to ask {@code http://SERVICE:8080/}, some fifteen times a second. */
    static NetworkClient of(TestEngine engine, String image, String pipeline, String service) {
        var id =
                engine.docker(
                        "run",
                        "-d",
                        "--network",
                        "plumbline_" + pipeline,
                        image,
                        "/bin/sh",
                        "-c",
                        loop(service));
        var client = new NetworkClient(engine, id);
        client.answersOnce();
        return client;
    }

    private static String loop(String host) {
        return "while :; do b=$(timeout 20 wget -q -O - http://"
                + host
                + ":8080/ 2>&1) && echo \"ok $b\" || echo \"failed $b\"; sleep 0.05; done";
    }

    private void answersOnce() {
        Eventually.holds("the client inside the network gets an answer", () -> answers() > 0);
    }

    private List<String> lines() {
        return engine.docker("logs", "-t", id).lines().toList();
    }

    /** How many answers came so far. */
    int answers() {
        return (int) lines().stream().filter(NetworkClient::good).count();
    }

    /** Waits until some more answers came; what was asked before is judged by then. */
    void awaitMore() {
        int before = lines().size();
        Eventually.holds("the client goes on asking", () -> lines().size() > before + 5);
    }

    /** What went wrong so far, each with its time and the answers around it. */
    List<String> failures() {
        var lines = lines();
        var out = new ArrayList<String>();
        for (int i = 0; i < lines.size(); i++) {
            if (!good(lines.get(i))) {
                out.add(
                        String.join(
                                " / ",
                                lines.subList(Math.max(0, i - 1), Math.min(lines.size(), i + 2))));
            }
        }
        return out;
    }

    /** The different answers, in the order of their first coming. */
    Set<String> seen() {
        var seen = new LinkedHashSet<String>();
        lines().stream()
                .filter(NetworkClient::good)
                .forEach(l -> seen.add(l.substring(l.indexOf(" ok ") + 4)));
        return seen;
    }

    /** After the engine's time stamp. */
    private static boolean good(String line) {
        return line.startsWith("ok ", line.indexOf(' ') + 1);
    }

    /** Stops asking and leaves the network. */
    @Override
    public void close() {
        engine.tryDocker("rm", "-f", id);
    }
}
