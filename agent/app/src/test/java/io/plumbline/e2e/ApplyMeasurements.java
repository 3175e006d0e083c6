package io.plumbline.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * How long a first deployment takes, against the same calls of the Engine API made by hand, eight
 * at a time and one at a time, in the same run and in turns. Run by {@code scripts/bench apply};
 * writes {@code target/apply.md}.
 *
 * <p>The services have a file and no ports. The image is present. The baseline makes both networks,
 * and for each container: create, connect to the network of names with its alias, copy the file,
 * start, inspect once. The agent is warm: its first deployment is not counted.
 */
class ApplyMeasurements {
    private static final int SERVICES = number("PLUMBLINE_BENCH_SERVICES", 20);
    private static final int ROUNDS = number("PLUMBLINE_BENCH_ROUNDS", 3);
    private static final int AT_A_TIME = 8;
    private static final String TEXT = "key = value\n";

    private final TestEngine engine = inEngine() ? TestEngine.shared() : skipped();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final AgentProcess agent =
            AgentProcess.setup()
                    .engine(engine)
                    .repository(remote)
                    .probeImage(images.busybox())
                    .prepared();
    private final RawEngine raw =
            new RawEngine(
                    engine.socket(),
                    engine.docker("version", "-f", "{{.Server.APIVersion}}").strip());

    private static int number(String variable, int otherwise) {
        return Optional.ofNullable(System.getenv(variable))
                .map(Integer::parseInt)
                .orElse(otherwise);
    }

    private static boolean inEngine() {
        return System.getenv("PLUMBLINE_TEST_NETNS") != null;
    }

    private static TestEngine skipped() {
        assumeTrue(false, "run by scripts/bench");
        throw new AssertionError();
    }

    @AfterEach
    void end() {
        agent.close();
        remote.close();
        images.close();
    }

    @Test
    void firstDeployment() throws IOException {
        var image = images.shell("idle:1", "exec sleep 100000");
        agent.start();
        deploy(image);
        byHand(image, AT_A_TIME);
        var eight = new ArrayList<Double>();
        var one = new ArrayList<Double>();
        var ours = new ArrayList<Double>();
        for (int i = 0; i < ROUNDS; i++) {
            eight.add(byHand(image, AT_A_TIME));
            ours.add(deploy(image));
            one.add(byHand(image, 1));
        }
        double base = median(eight);
        var lines =
                List.of(
                        line("Engine API, " + AT_A_TIME + " at a time", eight, base),
                        line("Engine API, one at a time", one, base),
                        line("Plumbline, deployment begun to stable (soak 0)", ours, base));
        Files.write(Path.of(System.getProperty("plumbline.build"), "apply.md"), lines);
        lines.forEach(System.out::println);
    }

    private static double median(List<Double> samples) {
        return samples.stream().sorted().toList().get(samples.size() / 2);
    }

    private static String line(String what, List<Double> samples, double base) {
        var sorted = samples.stream().sorted().toList();
        return String.format(
                Locale.ROOT,
                "| %d containers, %s | %.0f ms | %.0f to %.0f | %d | %.2f |",
                SERVICES,
                what,
                median(samples),
                sorted.getFirst(),
                sorted.getLast(),
                sorted.size(),
                median(samples) / base);
    }

    /** Deploys the services as a new pipeline, and removes them. */
    private double deploy(String image) {
        var name = Workshop.name("bench");
        var file = "pipelines/" + name + ".yaml";
        var files = new HashMap<String, String>();
        var text = new StringBuilder();
        text.append("apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: ")
                .append(name)
                .append("}\nspec:\n  rollout: {soak: 0s, pruneGrace: 1s}\n  services:\n");
        for (int i = 0; i < SERVICES; i++) {
            text.append("    - {name: s").append(i).append(", image: ").append(image);
            text.append(", stopGracePeriod: 1s, files: [{source: conf, target: /etc/conf}]}\n");
        }
        files.put(file, text.toString());
        files.put("conf", TEXT);
        files.put("pipelines/conf", TEXT);
        var commit = remote.commit("deploy", files);
        agent.post("/api/v1/sync", "{}");
        var newest =
                Eventually.is(
                                name + " is stable",
                                () -> agent.status(name),
                                s ->
                                        commit.equals(s.path("head").asText())
                                                && "Synced".equals(s.path("state").asText()))
                        .path("deployment");
        var took =
                Duration.between(
                        Instant.parse(newest.path("startedAt").asText()),
                        Instant.parse(newest.path("finishedAt").asText()));
        remote.remove("gone", file);
        agent.plumb("sync", name, "--prune");
        Eventually.holds(
                name + " is gone",
                Duration.ofMinutes(4),
                () -> engine.containers("plumbline.pipeline=" + name).isEmpty());
        return took.toNanos() / 1e6;
    }

    /** The same calls without an agent. */
    private double byHand(String image, int width) throws IOException {
        var name = Workshop.name("raw");
        var tar = tar();
        var labels = Map.of("plumbline.agent", "bench-raw");
        long began = System.nanoTime();
        for (var network : List.of(name + "-base", name + "-names")) {
            raw.json(
                    "POST",
                    "/networks/create",
                    Map.of("Name", network, "Driver", "bridge", "Labels", labels));
        }
        RawEngine.inParallel(width, SERVICES, i -> container(name, image, tar, i));
        double took = (System.nanoTime() - began) / 1e6;
        engine.removeAllOf("bench-raw");
        return took;
    }

    private void container(String name, String image, byte[] tar, int i) {
        var id =
                raw.json(
                                "POST",
                                "/containers/create?name=" + name + "-" + i,
                                Map.of(
                                        "Image",
                                        image,
                                        "Labels",
                                        Map.of("plumbline.agent", "bench-raw"),
                                        "HostConfig",
                                        Map.of(
                                                "NetworkMode",
                                                name + "-base",
                                                "RestartPolicy",
                                                Map.of("Name", "unless-stopped"),
                                                "SecurityOpt",
                                                List.of("no-new-privileges"))))
                        .path("Id")
                        .asText();
        raw.json(
                "POST",
                "/networks/" + name + "-names/connect",
                Map.of("Container", id, "EndpointConfig", Map.of("Aliases", List.of("s" + i))));
        raw.bytes("PUT", "/containers/" + id + "/archive?path=/", tar);
        raw.ask("POST", "/containers/" + id + "/start");
        raw.ask("GET", "/containers/" + id + "/json");
    }

    private static byte[] tar() throws IOException {
        var out = new ByteArrayOutputStream();
        var bytes = TEXT.getBytes(StandardCharsets.UTF_8);
        try (var tar = new TarArchiveOutputStream(out)) {
            var entry = new TarArchiveEntry("etc/conf");
            entry.setSize(bytes.length);
            tar.putArchiveEntry(entry);
            tar.write(bytes);
            tar.closeArchiveEntry();
        }
        return out.toByteArray();
    }
}
