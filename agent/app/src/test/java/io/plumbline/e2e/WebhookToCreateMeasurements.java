package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * How long it takes from a webhook to the first {@code POST /containers/create}, against {@code git
 * fetch} of the same commit in the same run. Run by {@code scripts/bench commit}; no part of the
 * tests. Needs {@code git} and no root.
 *
 * <p>A whole agent in a process of its own follows a real repository over http; the engine is
 * simulated behind a unix socket. In each round a commit changes one service of one pipeline. The
 * agent gets a signed webhook, and another bare clone fetches the commit with {@code git}; who
 * comes first changes from round to round. The image is known to the ledger and the engine.
 *
 * <p>{@code -Dplumbline.bench.commit=5000x100x20}: files, pipelines, rounds. Writes {@code
 * target/commit.md}.
 */
class WebhookToCreateMeasurements {
    private static final int WARM_UP = Integer.getInteger("plumbline.bench.commit.warm", 5);
    private static final int AT_FIRST = 100;
    private static final Duration QUIET = Duration.ofMillis(1500);
    private static final String CREATE = "/containers/create";

    private final Path folder = Workshop.folder("commit");
    private final Path trace = folder.resolve("trace");
    private final GitRemote remote = new GitRemote();
    private final EngineSim sim = EngineSim.start("local").image("app:1", "{\"Cmd\":[\"/app\"]}");
    private final AtomicLong created = new AtomicLong();
    private final int port = Workshop.port();
    private final Map<String, List<Double>> steps = new LinkedHashMap<>();
    private @Nullable Process agent;
    private int files;
    private int pipelines;

    @AfterEach
    void end() throws Exception {
        if (agent != null) {
            agent.destroy();
            if (!agent.waitFor(20, TimeUnit.SECONDS)) {
                agent.destroyForcibly().waitFor();
            }
        }
        remote.close();
        sim.close();
        Workshop.remove(folder);
    }

    @Test
    void measure() throws Exception {
        var sizes = System.getProperty("plumbline.bench.commit", "");
        assumeTrue(!sizes.isEmpty(), "run by scripts/bench commit");
        var size = Arrays.stream(sizes.split("x")).mapToInt(Integer::parseInt).toArray();
        files = size[0];
        pipelines = size[1];
        commitAll(0, Math.min(AT_FIRST, pipelines));
        start();
        deployed(AT_FIRST);
        for (int i = AT_FIRST; i < pipelines; i += AT_FIRST) {
            commitAll(i, Math.min(i + AT_FIRST, pipelines));
            push("more-" + i);
            deployed(i + AT_FIRST);
        }
        quiet();
        remote.git("repack", "-adq");
        var clone = folder.resolve("clone.git").toString();
        Program.run("git", "clone", "-q", "--bare", remote.url(), clone);
        Program.run("git", "--git-dir", clone, "config", "gc.auto", "0");
        sim.hear(
                (method, path) -> {
                    if (method.equals("POST") && path.equals(CREATE)) {
                        created.compareAndSet(0, System.nanoTime());
                    }
                });
        for (int i = -WARM_UP; i < size[2]; i++) {
            round(i, clone);
            if (i < 0) {
                steps.clear();
            }
        }
        report();
    }

    // ---- the repository

    /** Commits the files of some pipelines; a first deployment of all at once is not measured. */
    private void commitAll(int first, int end) {
        var out = new TreeMap<String, String>();
        for (int i = first; i < end; i++) {
            out.put(folderOf(i) + "pipeline.yaml", manifest(i, 0));
            out.put(folderOf(i) + "conf/app.conf", "key = " + i + "\n");
            for (int j = 2; j < files / pipelines; j++) {
                var path = folderOf(i) + "src/part" + j % 5 + "/file" + j + ".py";
                out.put(path, "# %d %d\n".formatted(i, j) + "x = 1\n".repeat(50));
            }
        }
        remote.commit("More", out);
    }

    private static String folderOf(int pipeline) {
        return "pipelines/" + name(pipeline) + "/";
    }

    private static String name(int pipeline) {
        return "p%03d".formatted(pipeline);
    }

    private static String manifest(int pipeline, int version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: %s}
        spec:
          rollout: {soak: 0s}
          services:
            - name: web
              image: "app:1"
              stopGracePeriod: 1s
              env: {VERSION: "%d"}
              files: [{source: conf/app.conf, target: /etc/app.conf}]
            - {name: worker, image: "app:1", stopGracePeriod: 1s}
        """
                .formatted(name(pipeline), version);
    }

    // ---- the agent

    private void start() throws Exception {
        var config = folder.resolve("plumbline.yaml");
        Files.createDirectories(folder.resolve("secrets"));
        Files.writeString(
                config,
                """
                agent: bench
                state: %s
                http: {host: 127.0.0.1, port: %d}
                relist: 1h
                repositories:
                  - name: ml
                    url: %s
                    poll: 1h
                    webhook: {provider: github, secret: {env: HOOK_SECRET}}
                secrets: {directory: %s}
                engines:
                  - {name: local, endpoint: "%s"}
                """
                        .formatted(
                                folder.resolve("state"),
                                port,
                                remote.url(),
                                folder.resolve("secrets"),
                                sim.endpoint()));
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-D" + TracedAgent.FILE + "=" + trace));
        var more = System.getProperty("plumbline.bench.java", "");
        if (!more.isEmpty()) {
            command.addAll(List.of(more.split(" ")));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(TracedAgent.class.getName(), "--config", config.toString()));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("HOOK_SECRET", HookSender.SECRET);
        builder.redirectOutput(Path.of("target", "commit.log").toFile());
        var started = builder.start();
        agent = started;
        Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
        Eventually.holds("the agent is ready", () -> status("/readyz") == 200);
    }

    private void deployed(int atMost) {
        Eventually.holds(
                "everything is deployed",
                Duration.ofMinutes(5),
                () -> sim.containers() == 2 * Math.min(atMost, pipelines));
        quiet();
    }

    private void push(String id) {
        var answer = new HookSender(URI.create(url()), "ml", "127.0.0.1").push(id);
        assertThat(answer.status()).as(answer.text()).isEqualTo(202);
    }

    private int status(String path) {
        var request = HttpRequest.newBuilder(URI.create(url() + path)).build();
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    private String url() {
        return "http://127.0.0.1:" + port;
    }

    /** Waits until the engine gets no requests: nothing is under way. */
    private void quiet() {
        long since = System.nanoTime();
        for (int before = sim.requests(); System.nanoTime() - since < QUIET.toNanos(); ) {
            LockSupport.parkNanos(20_000_000);
            int now = sim.requests();
            if (now != before) {
                before = now;
                since = System.nanoTime();
            }
        }
    }

    // ---- a round

    private void round(int number, String clone) throws Exception {
        int pipeline = Math.floorMod(number * 7, pipelines);
        int version = number + 1000;
        remote.commit("Change", folderOf(pipeline) + "pipeline.yaml", manifest(pipeline, version));
        double fetch = number % 2 == 0 ? fetch(clone) : 0;
        created.set(0);
        int already = TracedAgent.read(trace).size();
        long sent = System.nanoTime();
        push("d" + number);
        long answered = System.nanoTime();
        Eventually.holds("a container is created", () -> created.get() != 0);
        if (fetch == 0) {
            fetch = fetch(clone);
        }
        quiet();
        var calls = TracedAgent.read(trace).stream().skip(already).toList();
        var name = name(pipeline);
        add("git fetch", fetch);
        add("webhook to create", millis(created.get() - sent));
        add("beyond git fetch", millis(created.get() - sent) - fetch);
        add("webhook answered", millis(answered - sent));
        var marks = new LinkedHashMap<String, Long>();
        marks.put("sent", sent);
        marks.put("to fetch begun", began(calls, "GitSource.fetch"));
        marks.put("fetch", ended(calls, "GitSource.fetch", ""));
        marks.put("manifests read", began(calls, "GitSource.known"));
        marks.put("release rendered", ended(calls, "Ledger.rendered", name));
        marks.put("deployment begun", ended(calls, "Ledger.save", name));
        marks.put("to first create", created.get());
        long last = sent;
        for (var mark : marks.entrySet()) {
            if (!mark.getKey().equals("sent")) {
                add("- " + mark.getKey(), millis(mark.getValue() - last));
            }
            last = mark.getValue();
        }
        long until = created.get();
        var written = calls.stream().filter(c -> c.began() < until && writes(c)).toList();
        double own = written.stream().filter(c -> c.about().equals(name)).toList().size();
        add("ledger writes of others until then", written.size() - own);
        add("ledger writes of the pipeline until then", own);
        if (Boolean.getBoolean("plumbline.bench.calls")) {
            for (var c : calls) {
                System.out.printf(
                        Locale.ROOT,
                        "%8.2f %8.2f %s %s%n",
                        millis(c.began() - sent),
                        millis(c.ended() - sent),
                        c.name(),
                        c.about());
            }
            System.out.printf("%8.2f created%n", millis(until - sent));
        }
    }

    private static boolean writes(TracedAgent.Call call) {
        return List.of("Ledger.save", "Ledger.append", "Ledger.rendered", "Ledger.store")
                .contains(call.name());
    }

    private static long began(List<TracedAgent.Call> calls, String name) {
        return calls.stream()
                .filter(c -> c.name().equals(name))
                .mapToLong(TracedAgent.Call::began)
                .findFirst()
                .orElseThrow();
    }

    private static long ended(List<TracedAgent.Call> calls, String name, String about) {
        return calls.stream()
                .filter(c -> c.is(name, about))
                .mapToLong(TracedAgent.Call::ended)
                .findFirst()
                .orElseThrow();
    }

    private static double fetch(String clone) throws Exception {
        var builder =
                new ProcessBuilder(
                        "git",
                        "--git-dir",
                        clone,
                        "fetch",
                        "-q",
                        "--no-tags",
                        "origin",
                        "+refs/heads/main:refs/heads/main");
        long began = System.nanoTime();
        assertThat(builder.inheritIO().start().waitFor()).isZero();
        return millis(System.nanoTime() - began);
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }

    private void add(String what, double value) {
        steps.computeIfAbsent(what, _ -> new ArrayList<>()).add(value);
    }

    private void report() throws IOException {
        var lines = new ArrayList<String>();
        steps.forEach(
                (what, values) -> {
                    var sorted = values.stream().sorted().toList();
                    lines.add(
                            String.format(
                                    Locale.ROOT,
                                    "| %s | %.1f | %.1f to %.1f | %d |",
                                    what,
                                    sorted.get(sorted.size() / 2),
                                    sorted.getFirst(),
                                    sorted.getLast(),
                                    sorted.size()));
                });
        Files.write(Path.of("target", "commit.md"), lines);
        lines.forEach(System.out::println);
    }
}
