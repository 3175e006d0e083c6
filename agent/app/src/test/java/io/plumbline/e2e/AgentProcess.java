package io.plumbline.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.testkit.Certificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The real agent as a child process, with a generated {@code plumbline.yaml} and a state folder of
 * its own, that a test may kill and start again; and the real {@code plumb} command to talk to it.
 */
public final class AgentProcess implements AutoCloseable {
    private final String name;
    private final Path folder = Workshop.folder("agent");
    private final int port = Workshop.port();
    private final HttpClient http;
    private final Setup setup;
    private final Eventually.Witness witness = this::tell;
    private @Nullable Process process;

    /** What an agent is started with; filled before {@link #start}. */
    public static final class Setup {
        private final Map<String, TestEngine> engines = new LinkedHashMap<>();
        private final Map<String, String> ways = new LinkedHashMap<>();
        private final List<String> repositories = new ArrayList<>();
        private final Map<String, String> properties = new LinkedHashMap<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final Map<String, String> secrets = new LinkedHashMap<>();
        private @Nullable String probeImage;
        private String mainClass = "io.plumbline.Plumbline";
        private String name = Workshop.name("e2e");
        private String relist = "5s";
        private String engineKeys = "";
        private String httpKeys = "";
        private String keys = "";
        private @Nullable Path authority;
        private @Nullable Path earlier;

        /**
         * Runs the classes of an earlier version, with the libraries of this build; the folder's
         * own {@code lib} goes before them.
         *
         * @param classes null for this build's own classes
         */
        public Setup earlier(@Nullable Path classes) {
            earlier = classes;
            return this;
        }

        /** TLS with that certificate and key, which that authority signed. */
        public Setup tls(Path cert, Path key, Path authority) {
            this.authority = authority;
            httpKeys = ", tls: {cert: %s, key: %s}".formatted(cert, key);
            return this;
        }

        /** Further lines of the configuration. */
        public Setup keys(String lines) {
            keys = lines.endsWith("\n") ? lines : lines + "\n";
            return this;
        }

        /** An engine named {@code local}. */
        public Setup engine(TestEngine engine) {
            return engine("local", engine);
        }

        /** An engine. */
        public Setup engine(String engineName, TestEngine engine) {
            engines.put(engineName, engine);
            return this;
        }

        /**
         * An engine that the agent reaches in another way than the test does.
         *
         * @param more further keys of it, {@code key: value} in YAML's flow style
         */
        public Setup engine(String engineName, TestEngine engine, String endpoint, String more) {
            ways.put(engineName, "endpoint: \"%s\", %s".formatted(endpoint, more));
            return engine(engineName, engine);
        }

        /** A repository named {@code ml}, all of its branch main, polled every second. */
        public Setup repository(GitRemote remote) {
            return repository("ml", remote.url(), "");
        }

        /** Each repository gets this further line. */
        public Setup inRepositories(String line) {
            repositories.replaceAll(r -> r + "    " + line + "\n");
            return this;
        }

        /**
         * A repository, polled every second.
         *
         * @param more further lines, each {@code key: value} without indentation, or nothing
         */
        public Setup repository(String repository, String url, String more) {
            var text = new StringBuilder();
            text.append("  - name: ").append(repository).append("\n    url: ").append(url);
            text.append("\n");
            if (!more.contains("secrets:")) {
                text.append("    secrets: [\"*\"]\n");
            }
            if (!more.contains("poll:")) {
                text.append("    poll: 1s\n");
            }
            more.lines().forEach(line -> text.append("    ").append(line).append('\n'));
            repositories.add(text.toString());
            return this;
        }

        /** Forgets the repositories, to name them anew for the next start. */
        public Setup withoutRepositories() {
            repositories.clear();
            return this;
        }

        /** The image that holds the static busybox for http and tcp health checks. */
        public Setup probeImage(String image) {
            probeImage = image;
            return this;
        }

        /** Time between two full observations, default 5s here so that tests do not wait. */
        public Setup relist(String duration) {
            relist = duration;
            return this;
        }

        /** The agent's name; of its own if omitted. */
        public Setup named(String agent) {
            name = agent;
            return this;
        }

        /** Further keys of each engine, {@code key: value} in YAML's flow style. */
        public Setup engineKeys(String keys) {
            engineKeys = ", " + keys;
            return this;
        }

        /** A secret in the configured directory. */
        public Setup secret(String secret, String value) {
            secrets.put(secret, value);
            return this;
        }

        /** A system property of the agent's JVM; kept over restarts until set to something else. */
        public Setup property(String key, String value) {
            properties.put(key, value);
            return this;
        }

        /** An environment variable of the agent. */
        public Setup env(String key, String value) {
            environment.put(key, value);
            return this;
        }

        /** Another main class, which may be a test class; it gets the same arguments. */
        public Setup mainClass(String className) {
            mainClass = className;
            return this;
        }

        /** Starts the agent and waits until it is ready. */
        public AgentProcess start() {
            var agent = new AgentProcess(this);
            try {
                agent.start();
            } catch (RuntimeException | Error e) {
                agent.close();
                throw e;
            }
            return agent;
        }

        /** An agent that is set up but not started. */
        public AgentProcess prepared() {
            return new AgentProcess(this);
        }
    }

    /** Begins to describe an agent. */
    public static Setup setup() {
        return new Setup();
    }

    private AgentProcess(Setup setup) {
        this.setup = setup;
        this.name = setup.name;
        var client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2));
        if (setup.authority != null) {
            client.sslContext(Certificates.trusting(setup.authority));
        }
        this.http = client.build();
        writeConfig();
        Eventually.hear(witness);
    }

    /** Value of the label {@code plumbline.agent} on all that this agent makes. */
    public String name() {
        return name;
    }

    /** The state folder. */
    public Path state() {
        return folder.resolve("state");
    }

    /** The configuration file. */
    public Path config() {
        return folder.resolve("plumbline.yaml");
    }

    /** Where the agent listens, {@code http://127.0.0.1:PORT}. */
    public String url() {
        return (setup.authority == null ? "http" : "https") + "://127.0.0.1:" + port;
    }

    /** What it was set up with; a change counts from the next start. */
    public Setup settings() {
        return setup;
    }

    /** Writes {@code plumbline.yaml} and the secrets anew from {@link #settings}. */
    public void writeConfig() {
        var text = new StringBuilder();
        text.append("agent: ").append(name).append("\nstate: ").append(state());
        text.append("\nhttp: {host: 127.0.0.1, port: ").append(port);
        text.append(setup.httpKeys).append("}\n").append(setup.keys);
        text.append("relist: ").append(setup.relist).append('\n');
        if (setup.probeImage != null) {
            text.append("probe: {image: \"").append(setup.probeImage).append("\"}\n");
        }
        text.append("repositories:\n");
        setup.repositories.forEach(text::append);
        text.append("secrets: {directory: ").append(folder.resolve("secrets")).append("}\n");
        text.append("engines:\n");
        setup.engines.forEach(
                (engineName, engine) ->
                        text.append(
                                "  - {name: %s, %s%s}%n"
                                        .formatted(
                                                engineName,
                                                setup.ways.getOrDefault(
                                                        engineName,
                                                        "endpoint: \"%s\""
                                                                .formatted(engine.endpoint())),
                                                setup.engineKeys)));
        try {
            Files.createDirectories(folder.resolve("secrets"));
            Files.writeString(config(), text);
            for (var secret : setup.secrets.entrySet()) {
                secret(secret.getKey(), secret.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a secret's value, as an operator changes it; readable by its owner only. */
    public void secret(String secret, String value) {
        try {
            var file = folder.resolve("secrets").resolve(secret);
            Files.writeString(file, value);
            Files.setPosixFilePermissions(
                    file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- the process

    /** Starts the agent and waits until it is ready. */
    public void start() {
        launch();
        Eventually.holds(
                "the agent is ready",
                () -> {
                    if (!running()) {
                        throw new IllegalStateException("the agent ended");
                    }
                    return get("/readyz").statusCode() == 200;
                });
    }

    /** Starts the agent and waits for nothing. */
    public void launch() {
        var builder = new ProcessBuilder(command());
        builder.environment().putAll(setup.environment);
        builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        try {
            process = builder.start();
            // A test JVM that is ended from outside takes its agents along.
            var started = process;
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(started::destroyForcibly, "end agent " + name));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the agent", e);
        }
    }

    /** Starts another process with the same configuration, which has to end by itself. */
    public Program.Ended second() {
        return Program.end(command(), setup.environment, null, new byte[0], Eventually.LONG);
    }

    private List<String> command() {
        var properties = new ArrayList<String>();
        setup.properties.forEach((key, value) -> properties.add("-D" + key + "=" + value));
        return Launch.agent(
                setup.earlier, properties, setup.mainClass, "--config", config().toString());
    }

    /** Whether the process lives. */
    public boolean running() {
        return process != null && process.isAlive();
    }

    /** The process's id. */
    public long pid() {
        return Objects.requireNonNull(process, "not started").pid();
    }

    /** Ends it in order (TERM) and waits. */
    public void stop() {
        end(false);
    }

    /** {@code kill -9}, and waits until it is gone. */
    public void kill9() {
        end(true);
    }

    /** {@code kill -9} and a start until ready. */
    public void restartAfterKill() {
        kill9();
        start();
    }

    /** Waits until it ends by itself (a crash point); gives the exit code. */
    public int awaitExit(Duration within) {
        var ending = Objects.requireNonNull(process, "the agent was not started");
        try {
            if (!ending.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the agent did not end within " + within + "\n" + tell());
            }
            return ending.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private void end(boolean forcibly) {
        var ending = process;
        if (ending == null) {
            return;
        }
        if (forcibly) {
            ending.destroyForcibly();
        } else {
            ending.destroy();
        }
        try {
            if (!ending.waitFor(20, TimeUnit.SECONDS)) {
                ending.destroyForcibly().waitFor();
                if (!forcibly) {
                    throw new AssertionError(
                            "the agent did not end within 20 s of TERM\n" + tell());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** All that the agent wrote so far, over all its starts. */
    public String log() {
        try {
            return Files.exists(logFile()) ? Files.readString(logFile()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logFile() {
        return folder.resolve("log");
    }

    private String tell() {
        var lines = log().lines().toList();
        var text =
                new StringBuilder(
                        "---- log of agent " + name + (running() ? "" : " (ended)") + "\n");
        lines.subList(Math.max(0, lines.size() - 60), lines.size())
                .forEach(line -> text.append(line).append('\n'));
        setup.engines.forEach(
                (engineName, engine) ->
                        text.append("---- containers on ")
                                .append(engineName)
                                .append('\n')
                                .append(engine.table(name)));
        return text.toString();
    }

    // ---- talking to it

    /** The token that the agent wrote at its first start. */
    public String token() {
        try {
            return Files.readString(state().resolve("token")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** GET with the token. */
    public HttpResponse<String> get(String path) {
        return send("GET", path, null);
    }

    /** POST of a JSON body with the token. */
    public HttpResponse<String> post(String path, String json) {
        return send("POST", path, json);
    }

    /** The JSON of a GET that must answer 200. */
    public JsonNode json(String path) {
        var answer = get(path);
        if (answer.statusCode() != 200) {
            throw new AssertionError(
                    "GET %s: %d %s".formatted(path, answer.statusCode(), answer.body()));
        }
        return TestEngine.json(answer.body());
    }

    /** Status of one pipeline. */
    public JsonNode status(String pipeline) {
        return json("/api/v1/pipelines/" + pipeline);
    }

    /** Waits until the pipeline's state is {@code state}; gives the status. */
    public JsonNode awaitState(String pipeline, String state) {
        return Eventually.is(
                pipeline + " is " + state,
                () -> status(pipeline),
                status -> hasSettled(status, state));
    }

    /** Whether a pipeline is in a state, and what ran before it is stopped. */
    static boolean hasSettled(JsonNode status, String state) {
        return state.equals(status.path("state").asText())
                && status.path("cleanUp").asText().isEmpty();
    }

    /**
     * Waits until the pipeline is {@code Synced} with this commit as its head; gives the status.
     */
    public JsonNode awaitSynced(String pipeline, String commit) {
        return Eventually.is(
                pipeline + " is Synced at " + commit,
                () -> status(pipeline),
                status ->
                        hasSettled(status, "Synced")
                                && commit.equals(status.path("head").asText()));
    }

    private HttpResponse<String> send(String method, String path, @Nullable String body) {
        var request =
                HttpRequest.newBuilder(URI.create(url() + path))
                        .timeout(Duration.ofSeconds(30))
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        if (Files.exists(state().resolve("token"))) {
            request.header("Authorization", "Bearer " + token());
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + url() + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Runs {@code plumb ARGS} against this agent, as a process of its own. */
    public Program.Ended plumb(String... args) {
        return plumb(setup.earlier, Map.of("PLUMBLINE_CONFIG", config().toString()), args);
    }

    /** Runs {@code plumb ARGS} with only this environment added. */
    public static Program.Ended plumb(Map<String, String> environment, String... args) {
        return plumb(null, environment, args);
    }

    private static Program.Ended plumb(
            @Nullable Path earlier, Map<String, String> environment, String... args) {
        return Program.end(
                command(earlier, args), environment, null, new byte[0], Duration.ofMinutes(3));
    }

    /** Starts {@code plumb ARGS}, which has no end of its own; the file gets both outputs. */
    public Process startPlumb(Path output, String... args) {
        var environment = Map.of("PLUMBLINE_CONFIG", config().toString());
        return Program.start(command(setup.earlier, args), environment, output);
    }

    private static List<String> command(@Nullable Path earlier, String... args) {
        var command = new ArrayList<>(List.of("io.plumbline.cli.Plumb"));
        command.addAll(List.of(args));
        return Launch.plumb(earlier, command.toArray(String[]::new));
    }

    /** The JSON that {@code plumb ARGS -o json} printed; it must end with 0. */
    public JsonNode plumbJson(String... args) {
        var all = new ArrayList<>(List.of(args));
        all.addAll(List.of("-o", "json"));
        return TestEngine.json(plumb(all.toArray(String[]::new)).ok().out());
    }

    /**
     * Ends the agent, takes its containers, networks and volumes off the engines, removes its
     * folder.
     */
    @Override
    public void close() {
        Eventually.forget(witness);
        kill9();
        http.close();
        for (var engine : setup.engines.values()) {
            if (engine.answers()) {
                engine.removeAllOf(name);
            }
        }
        Workshop.remove(folder);
    }
}
