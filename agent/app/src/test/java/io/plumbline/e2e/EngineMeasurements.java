package io.plumbline.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/**
 * A measurement of a warm agent on a real engine, against the same calls of the Engine API made by
 * hand in the same run. {@code scripts/bench} runs it; it is no part of the tests, because a busy
 * machine gives other figures. It writes its rows to a file in {@code target}.
 */
abstract class EngineMeasurements {
    static final int SERVICES = number("PLUMBLINE_BENCH_SERVICES", 20);
    static final int ROUNDS = number("PLUMBLINE_BENCH_ROUNDS", 3);
    static final int AT_A_TIME = 8;

    final TestEngine engine = TestEngine.shared();
    final TestImages images = new TestImages(engine);
    final GitRemote remote = new GitRemote();
    final AgentProcess agent =
            AgentProcess.setup()
                    .engine(engine)
                    .repository(remote)
                    .probeImage(images.busybox())
                    .prepared();
    final RawEngine raw =
            new RawEngine(
                    engine.socket(),
                    engine.docker("version", "-f", "{{.Server.APIVersion}}").strip());

    private static int number(String variable, int otherwise) {
        return Optional.ofNullable(System.getenv(variable))
                .map(Integer::parseInt)
                .orElse(otherwise);
    }

    @AfterEach
    void end() {
        agent.close();
        remote.close();
        images.close();
    }

    /** Writes the rows to a file of the build's folder. */
    static void write(String file, List<String> lines) throws IOException {
        Files.write(Path.of(System.getProperty("plumbline.build"), file), lines);
        lines.forEach(System.out::println);
    }

    static double median(List<Double> samples) {
        return samples.stream().sorted().toList().get(samples.size() / 2);
    }

    /** Returns a row: what, median, range, rounds, and the ratio to a baseline. */
    static String line(String what, List<Double> samples, double base) {
        var sorted = samples.stream().sorted().toList();
        return String.format(
                Locale.ROOT,
                "| %s | %.0f ms | %.0f to %.0f | %d | %.2f |",
                what,
                median(samples),
                sorted.getFirst(),
                sorted.getLast(),
                sorted.size(),
                median(samples) / base);
    }

    /** Returns the fields of a container as the agent would create it. */
    static Map<String, Object> container(String image, String network) {
        return Map.of(
                "Image",
                image,
                "Labels",
                Map.of("plumbline.agent", "bench-raw"),
                "HostConfig",
                Map.of(
                        "NetworkMode",
                        network,
                        "RestartPolicy",
                        Map.of("Name", "unless-stopped"),
                        "SecurityOpt",
                        List.of("no-new-privileges")));
    }

    /** Creates a network with the labels that {@code removeAllOf("bench-raw")} looks for. */
    void network(String name) {
        raw.json(
                "POST",
                "/networks/create",
                Map.of(
                        "Name",
                        name,
                        "Driver",
                        "bridge",
                        "Labels",
                        Map.of("plumbline.agent", "bench-raw")));
    }

    /** Removes a pipeline, and waits until none of its containers is left. */
    void remove(String name, String file) {
        remote.remove("gone", file);
        agent.plumb("sync", name, "--prune");
        Eventually.holds(
                name + " is gone",
                Duration.ofMinutes(4),
                () -> engine.containers("plumbline.pipeline=" + name).isEmpty());
    }
}
