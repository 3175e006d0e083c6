package io.plumbline.e2e;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.docs.Checkout;
import io.plumbline.enginesim.EngineSim;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What an agent costs as {@code scripts/plumb agent} starts it: time until it is ready, memory and
 * processor time when there is nothing to do. The engine is simulated, in this process, which is
 * another one than the agent's. Run by {@code scripts/bench agent}; prints rows of a table.
 */
final class AgentMeasurements implements AutoCloseable {
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final Duration LOOK = Duration.ofMillis(5);
    private static final int CLOCK_TICKS = 100;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final ObjectMapper json = new ObjectMapper();
    private final GitRemote remote = new GitRemote();
    private final int rounds = Integer.getInteger("plumbline.bench.rounds", 7);
    private final int pipelines = Integer.getInteger("plumbline.bench.pipelines", 100);
    private final int services = Integer.getInteger("plumbline.bench.services", 10);
    private final Duration idle =
            Duration.ofSeconds(Integer.getInteger("plumbline.bench.idle", 60));
    private List<String> command = List.of();

    /** A running agent. */
    private final class Running implements AutoCloseable {
        private final Process process;
        private final String url;
        private final Path state;
        private final double ready;

        Running(Path folder) throws IOException, InterruptedException {
            int port = Workshop.port();
            url = "http://127.0.0.1:" + port;
            state = folder.resolve("state");
            var config = folder.resolve("plumbline.yaml");
            Files.writeString(
                    config, Files.readString(config).replaceFirst("port: [0-9]+", "port: " + port));
            var words = new ArrayList<>(command);
            words.add(config.toString());
            long began = System.nanoTime();
            process =
                    new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("log").toFile())
                            .start();
            awaitOk("/readyz");
            ready = (System.nanoTime() - began) / 1e6;
        }

        private void awaitOk(String path) throws IOException, InterruptedException {
            long end = System.nanoTime() + LONGEST.toNanos();
            while (status(path) != 200) {
                if (!process.isAlive() || System.nanoTime() > end) {
                    throw new IOException("the agent does not answer " + path);
                }
                Thread.sleep(LOOK);
            }
        }

        private int status(String path) throws InterruptedException {
            try {
                return get(path).statusCode();
            } catch (IOException e) {
                return 0; // It does not listen yet.
            }
        }

        HttpResponse<String> get(String path) throws IOException, InterruptedException {
            var request = HttpRequest.newBuilder(URI.create(url + path));
            if (Files.exists(state.resolve("token"))) {
                var token = Files.readString(state.resolve("token")).strip();
                request.header("Authorization", "Bearer " + token);
            }
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }

        /** Waits until that many pipelines are synced. */
        void awaitSynced(int count) throws IOException, InterruptedException {
            long end = System.nanoTime() + LONGEST.toNanos();
            long synced = 0;
            while (synced < count) {
                if (System.nanoTime() > end) {
                    throw new IOException("only " + synced + " pipelines are synced");
                }
                Thread.sleep(SETTLE.dividedBy(5));
                synced = 0;
                for (var pipeline : json.readTree(get("/api/v1/pipelines").body())) {
                    synced += pipeline.path("state").asText().equals("Synced") ? 1 : 0;
                }
            }
        }

        /** Memory in megabytes by its name in {@code /proc/PID/smaps_rollup}, proc(5). */
        Map<String, Double> memory() throws IOException {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/smaps_rollup")).stream()
                    .filter(line -> line.endsWith(" kB"))
                    .map(line -> line.split(":?\\s+", -1))
                    .collect(
                            Collectors.toMap(
                                    words -> words[0],
                                    words -> Double.parseDouble(words[1]) / 1024));
        }

        /** Processor time in seconds, user and system. */
        double processorTime() throws IOException {
            var stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
            var words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Double.parseDouble(words[11]) + Double.parseDouble(words[12])) / CLOCK_TICKS;
        }

        @Override
        public void close() {
            process.destroy();
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Prints the rows. */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (var measurements = new AgentMeasurements()) {
            measurements.emptyState();
            measurements.fullState();
        }
        System.exit(0);
    }

    /** The JVM's command line as the script makes it, without what the script does before. */
    private static List<String> commandOf(Path folder) throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(
                                Checkout.ROOT.resolve("scripts/plumb").toString(),
                                "agent",
                                "--config",
                                folder.resolve("plumbline.yaml").toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
        var file = Path.of("/proc/" + process.pid() + "/cmdline");
        try {
            while (process.isAlive()) {
                var words = Arrays.asList(Files.readString(file).split("\0", -1));
                if (words.contains("io.plumbline.Plumbline")) {
                    return words.subList(0, words.indexOf("--config") + 1);
                }
                Thread.sleep(LOOK);
            }
            throw new IOException("no agent: " + Files.readString(folder.resolve("log")));
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static Path prepared(String agent, EngineSim engine, String url) throws IOException {
        var folder = Workshop.folder("bench");
        Files.writeString(
                folder.resolve("plumbline.yaml"),
                """
                agent: %s
                state: state
                http: {host: 127.0.0.1, port: 1}
                repositories: [{name: bench, url: "%s", path: pipelines, poll: 5s}]
                engines: [{name: sim, endpoint: "%s"}]
                """
                        .formatted(agent, url, engine.endpoint()));
        return folder;
    }

    private static EngineSim engine(String name) {
        return EngineSim.start(name).image("local/app:1", "{\"Cmd\":[\"/bin/app\"]}");
    }

    private void emptyState() throws IOException, InterruptedException {
        remote.commit("Nothing yet", Map.of("pipelines/README", "none"));
        var ready = new ArrayList<Double>();
        var memory = new ArrayList<Map<String, Double>>();
        try (var engine = engine("empty")) {
            for (int i = 0; i <= rounds; i++) {
                var folder = prepared(Workshop.name("bench"), engine, remote.url());
                if (command.isEmpty()) {
                    command = commandOf(folder);
                }
                try (var agent = new Running(folder)) {
                    Thread.sleep(SETTLE);
                    // The first one reads the files from the disk.
                    if (i > 0) {
                        ready.add(agent.ready);
                        memory.add(agent.memory());
                    }
                }
                Workshop.remove(folder);
            }
        }
        row("start to ready, empty state folder", ready, "%.0f ms");
        rows("idle, no pipelines", memory);
    }

    private void fullState() throws IOException, InterruptedException {
        var files = new LinkedHashMap<String, String>();
        for (int p = 0; p < pipelines; p++) {
            files.put("pipelines/p" + p + ".yaml", pipeline("p" + p));
        }
        remote.commit("All pipelines", files);
        var what = "%d pipelines, %d containers".formatted(pipelines, pipelines * services);
        try (var engine = engine("full")) {
            var name = Workshop.name("bench");
            var folder = prepared(name, engine, remote.url());
            try (var agent = new Running(folder)) {
                agent.awaitSynced(pipelines);
            }
            var ready = new ArrayList<Double>();
            var memory = new ArrayList<Map<String, Double>>();
            for (int i = 0; i < rounds; i++) {
                try (var agent = new Running(folder)) {
                    agent.awaitSynced(pipelines);
                    Thread.sleep(SETTLE);
                    ready.add(agent.ready);
                    memory.add(agent.memory());
                }
            }
            row("start to ready, " + what, ready, "%.0f ms");
            rows("idle, " + what, memory);
            idle(folder, "Git over http", what);
            var config = folder.resolve("plumbline.yaml");
            Files.writeString(
                    config, Files.readString(config).replace(remote.url(), remote.fileUrl()));
            Workshop.remove(folder.resolve("state/mirrors"));
            idle(folder, "Git from a folder", what);
            Workshop.remove(folder);
        }
    }

    private void idle(Path folder, String how, String what)
            throws IOException, InterruptedException {
        try (var agent = new Running(folder)) {
            agent.awaitSynced(pipelines);
            // A relist after the start, with what the compiler does about it.
            Thread.sleep(idle);
            double before = agent.processorTime();
            long began = System.nanoTime();
            Thread.sleep(idle);
            double seconds = (System.nanoTime() - began) / 1e9;
            row(
                    "processor time when idle, poll 5 s, " + how + ", " + what,
                    List.of(100 * (agent.processorTime() - before) / seconds),
                    "%.2f %% of a core");
            rows("after that, " + how + ", " + what, List.of(agent.memory()));
        }
    }

    private String pipeline(String name) {
        var text = new StringBuilder();
        text.append("apiVersion: plumbline/v1\nkind: Pipeline\nmetadata: {name: ").append(name);
        text.append("}\nspec:\n  rollout: {soak: 0s}\n  services:\n");
        for (int s = 0; s < services; s++) {
            text.append("    - {name: s").append(s);
            text.append(", image: \"local/app:1\", env: {LOG_LEVEL: info}}\n");
        }
        return text.toString();
    }

    private static void rows(String what, List<Map<String, Double>> memory) {
        for (var kind : List.of("Pss", "Rss")) {
            row(
                    kind + ", " + what,
                    memory.stream().map(m -> m.getOrDefault(kind, 0.0)).toList(),
                    "%.0f MB");
        }
    }

    private static void row(String what, List<Double> samples, String form) {
        var sorted = samples.stream().sorted().toList();
        System.out.printf(
                Locale.ROOT,
                "| %s | " + form + " | %.2f to %.2f | %d |%n",
                what,
                sorted.get(sorted.size() / 2),
                sorted.getFirst(),
                sorted.getLast(),
                sorted.size());
    }

    @Override
    public void close() {
        remote.close();
    }
}
