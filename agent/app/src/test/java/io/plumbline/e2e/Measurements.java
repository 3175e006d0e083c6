package io.plumbline.e2e;

import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.wire.DockerEngine;
import io.plumbline.engine.docker.wire.DockerEngineSettings;
import io.plumbline.testkit.SpecBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * What {@code docs/performance.md} says, measured on a real engine. Run by {@code scripts/bench};
 * no part of the tests: a machine that is busy with something else gives other figures. Writes
 * {@code target/measurements.md}.
 */
@EnabledIfEnvironmentVariable(
        named = "PLUMBLINE_TEST_NETNS",
        matches = ".+",
        disabledReason = "run by scripts/bench")
class Measurements {
    private static final int ROUNDS = 7;

    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final List<String> lines = new ArrayList<>();
    private AgentProcess agent =
            AgentProcess.setup()
                    .engine(engine)
                    .repository(remote)
                    .probeImage(images.busybox())
                    .prepared();

    @AfterEach
    void end() throws IOException {
        agent.close();
        remote.close();
        images.close();
        var file = Path.of(System.getProperty("plumbline.build"), "measurements.md");
        Files.write(file, lines);
    }

    private void say(String what, List<Double> samples, String unit) {
        var sorted = samples.stream().sorted().toList();
        lines.add(
                String.format(
                        Locale.ROOT,
                        "| %s | %.0f %s | %.0f to %.0f | %d |",
                        what,
                        sorted.get(sorted.size() / 2),
                        unit,
                        sorted.getFirst(),
                        sorted.getLast(),
                        sorted.size()));
    }

    private static double millis(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return (System.nanoTime() - began) / 1e6;
    }

    @Test
    void measure() throws IOException {
        startAndMemory();
        twentyContainers();
        nothingToDo();
        rollback();
    }

    private void startAndMemory() {
        agent.start();
        agent.stop();
        var starts = new ArrayList<Double>();
        var memory = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            starts.add(millis(agent::start));
            agent.get("/api/v1/pipelines");
            memory.add(residentMegabytes());
            agent.stop();
        }
        say("agent, start to ready", starts, "ms");
        say("agent, resident memory when idle, no pipelines", memory, "MB");
        agent.start();
    }

    private double residentMegabytes() {
        try {
            return Files.readAllLines(Path.of("/proc/" + agent.pid() + "/status")).stream()
                    .filter(l -> l.startsWith("VmRSS:"))
                    .mapToDouble(l -> Double.parseDouble(l.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String services(String image, int count) {
        var out = new StringBuilder();
        for (int i = 0; i < count; i++) {
            out.append("    - {name: s").append(i).append(", image: ").append(image);
            out.append(", stopGracePeriod: 1s}\n");
        }
        return out.toString();
    }

    private static String pipeline(String name, String services) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          rollout: {soak: 0s, pruneGrace: 1s}
          services:
        """
                        .replace("NAME", name)
                + services;
    }

    /** One deployment of 20 containers against the same calls made without an agent. */
    private void twentyContainers() {
        var image = images.shell("idle:1", "exec sleep 100000");
        var id = engine.docker("image", "inspect", "-f", "{{.Id}}", image).strip();
        var raw = new ArrayList<Double>();
        var ours = new ArrayList<Double>();
        for (int i = 0; i < 3; i++) {
            raw.add(millis(() -> twentyByHand(id)));
            engine.removeAllOf("bench-raw");
            var name = Workshop.name("bench");
            var file = "pipelines/" + name + ".yaml";
            var commit = remote.commit("twenty", file, pipeline(name, services(image, 20)));
            agent.post("/api/v1/sync", "{}");
            var d =
                    Eventually.is(
                            name + " is stable",
                            () -> agent.status(name),
                            s ->
                                    commit.equals(s.path("head").asText())
                                            && AgentProcess.hasSettled(s, "Synced"));
            var newest = d.path("deployment");
            ours.add(
                    (double)
                            Duration.between(
                                            java.time.Instant.parse(
                                                    newest.path("startedAt").asText()),
                                            java.time.Instant.parse(
                                                    newest.path("finishedAt").asText()))
                                    .toMillis());
            remote.remove("gone", file);
            agent.plumb("sync", name, "--prune");
            Eventually.holds(
                    name + " is gone",
                    Duration.ofMinutes(4),
                    () -> engine.containers("plumbline.pipeline=" + name).isEmpty());
        }
        say("20 containers by the engine's calls alone", raw, "ms");
        say("20 containers, deployment begun to stable (soak 0)", ours, "ms");
    }

    private void twentyByHand(String image) {
        var settings =
                new DockerEngineSettings(
                        "raw",
                        "unix://" + engine.socket(),
                        null,
                        "bench-raw",
                        "none",
                        _ -> Optional.empty());
        var labels = new TreeMap<>(Map.of("plumbline.agent", "bench-raw"));
        try (var direct = DockerEngine.open(settings)) {
            var network = direct.createNetwork(Workshop.name("raw"), labels);
            for (int i = 0; i < 20; i++) {
                var spec = new SpecBuilder(ImageRef.parse(image)).build();
                var id =
                        direct.create(
                                new NewContainer(
                                        Workshop.name("raw"),
                                        spec,
                                        labels,
                                        network,
                                        Map.of(),
                                        Map.of()));
                direct.start(id);
                direct.connect(id, network, List.of("s" + i));
            }
        }
    }

    /** A reconcile of 50 containers that finds nothing to do. */
    private void nothingToDo() {
        var image = images.shell("idle:1", "exec sleep 100000");
        var name = Workshop.name("fifty");
        var file = "pipelines/" + name + ".yaml";
        var commit = remote.commit("fifty", file, pipeline(name, services(image, 50)));
        agent.post("/api/v1/sync", "{}");
        agent.awaitSynced(name, commit);
        var each = new ArrayList<Double>();
        for (int i = 0; i < 20; i++) {
            each.add(millis(() -> agent.get("/api/v1/pipelines/" + name + "/diff")));
        }
        say("50 containers, nothing to do: one look and comparison, over HTTP", each, "ms");
        var reconciles = agent.get("/metrics").body();
        lines.add("");
        reconciles
                .lines()
                .filter(l -> l.startsWith("plumbline_reconcile_seconds_"))
                .filter(l -> l.contains("_sum") || l.contains("_count"))
                .forEach(l -> lines.add("    " + l));
        lines.add(
                "    resident memory with 50 containers: "
                        + Math.round(residentMegabytes())
                        + " MB");
        lines.add("");
        remote.remove("gone", file);
        agent.plumb("sync", name, "--prune");
        Eventually.holds(
                name + " is gone", () -> engine.containers("plumbline.pipeline=" + name).isEmpty());
    }

    /** Back and forth between two releases with kept containers. */
    private void rollback() {
        var name = Workshop.name("back");
        var file = "pipelines/" + name + ".yaml";
        var total = new ArrayList<Double>();
        var engineAlone = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            for (var v : List.of("1", "2")) {
                var text =
                        images.shell("quick:" + v + i, "trap 'exit 0' TERM; sleep 100000 & wait");
                var commit = remote.commit("v" + v, file, pipeline(name, services(text, 1)));
                agent.post("/api/v1/sync", "{}");
                agent.awaitSynced(name, commit);
                Eventually.holds(
                        "only one runs",
                        () -> engine.running("plumbline.pipeline=" + name).size() == 1);
            }
            total.add(
                    millis(
                            () -> {
                                agent.post("/api/v1/pipelines/" + name + "/rollback", "{}");
                                while (!agent.status(name)
                                        .path("deployment")
                                        .path("state")
                                        .asText()
                                        .equals("RolledBack")) {
                                    Thread.onSpinWait();
                                }
                            }));
            var stopped = Workshop.name("alone");
            engine.docker("create", "--name", stopped, images.shell("idle:1", "exec sleep 1"));
            engineAlone.add(millis(() -> engine.docker("start", stopped)));
            engine.docker("rm", "-f", stopped);
        }
        say("rollback of one service with a kept container, asked to RolledBack", total, "ms");
        say("docker start of one container, with the command's own start", engineAlone, "ms");
        lines.add("");
        lines.add(
                System.getProperty("os.arch")
                        + ", "
                        + Runtime.getRuntime().availableProcessors()
                        + " cores");
    }
}
