package io.plumbline;

import io.plumbline.adapter.git.JGitSource;
import io.plumbline.adapter.metrics.PrometheusTelemetry;
import io.plumbline.adapter.secrets.FileSecretStore;
import io.plumbline.adapter.secrets.SecretHasher;
import io.plumbline.adapter.secrets.TokenFile;
import io.plumbline.adapter.sqlite.SqliteLedger;
import io.plumbline.adapter.sqlite.StateDisk;
import io.plumbline.config.AgentConfig;
import io.plumbline.config.ConfigReader;
import io.plumbline.core.FailureKind;
import io.plumbline.core.release.AllowPolicy;
import io.plumbline.engine.docker.apply.DockerDriver;
import io.plumbline.engine.docker.observe.EngineGuards;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import io.plumbline.runtime.control.Agent;
import io.plumbline.runtime.git.FileLimits;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.runtime.webhook.WebhookService;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root. It creates the agent's parts from the configuration, starts them, and
 * closes them in reverse order. {@code plumb agent --config FILE} runs it.
 */
public final class Plumbline implements AutoCloseable {
    private static final int USAGE = 2;
    private static final int FAILED = 6;

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final String url;

    private Plumbline(AgentConfig config, Wiring wiring) {
        try {
            this.url = putTogether(config, wiring);
        } catch (RuntimeException | LinkageError e) {
            takeApart();
            var disk = StateDisk.of(config.state());
            boolean conflict =
                    e instanceof PlumblineException p && p.kind() == FailureKind.CONFLICT;
            if (disk.full() && !conflict) {
                var cause = e instanceof PlumblineException ? e.getMessage() : e.toString();
                throw new PlumblineException(
                        FailureKind.TRANSIENT, disk.notStarted(String.valueOf(cause)), e);
            }
            throw e;
        }
    }

    /** Runs an agent until the process receives a signal to stop. */
    public static void main(String[] args) {
        System.exit(run(args, Wiring.PLAIN));
    }

    /**
     * Runs an agent until the process receives a signal to stop.
     *
     * @return the exit code: 2 for an invalid configuration, 6 if the agent could not start
     */
    public static int run(String[] args, Wiring wiring) {
        if (System.getProperty(AgentLogging.FORM) == null) {
            System.setProperty(AgentLogging.FORM, onTerminal() ? "TEXT" : "JSON");
        }
        var ahead = StartAhead.begin();
        Umask.ownerOnly();
        Path file;
        try {
            file = configFile(List.of(args));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return USAGE;
        }
        try (var agent = new Plumbline(configured(file, ahead), wiring)) {
            var stop = new CountDownLatch(1);
            var stopped = new CountDownLatch(1);
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(
                                    () -> {
                                        stop.countDown();
                                        try {
                                            stopped.await();
                                        } catch (InterruptedException e) {
                                            Thread.currentThread().interrupt();
                                        }
                                    },
                                    "shutdown"));
            log().info("agent is up at {}", agent.url);
            var encoding = System.getProperty("sun.jnu.encoding", "");
            if (!encoding.equals("UTF-8")) {
                log().warn(
                                "the locale's encoding is {}, so names of files and branches and"
                                        + " secrets in variables must be ASCII: start the agent"
                                        + " with LC_ALL=C.UTF-8",
                                encoding);
            }
            stop.await();
            log().info("stopping; what runs keeps running");
            agent.takeApart();
            stopped.countDown();
            return 0;
        } catch (PlumblineException e) {
            System.err.println(e.getMessage());
            return e.kind() == FailureKind.INVALID ? USAGE : FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FAILED;
        }
    }

    private static AgentConfig configured(Path file, StartAhead ahead) throws InterruptedException {
        var config = ConfigReader.read(file);
        ahead.awaitLogging();
        return config;
    }

    private static Path configFile(List<String> args) {
        var rest = new ArrayList<>(args);
        if (!rest.isEmpty() && rest.getFirst().equals("agent")) {
            rest.removeFirst();
        }
        if (rest.isEmpty()) {
            return Path.of(
                    Optional.ofNullable(System.getenv("PLUMBLINE_CONFIG"))
                            .orElse("/etc/plumbline/plumbline.yaml"));
        }
        if (rest.size() == 2 && rest.getFirst().equals("--config")) {
            return Path.of(rest.getLast());
        }
        if (rest.size() == 1 && rest.getFirst().startsWith("--config=")) {
            return Path.of(rest.getFirst().substring("--config=".length()));
        }
        throw new IllegalArgumentException(
                "usage: plumb agent [--config FILE]   (not understood: "
                        + String.join(" ", rest)
                        + ")");
    }

    @SuppressWarnings("SystemConsoleNull") // null with -Djdk.console=java.base
    private static boolean onTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private static Logger log() {
        return LoggerFactory.getLogger(Plumbline.class);
    }

    @Override
    public void close() {
        takeApart();
    }

    private void takeApart() {
        while (!parts.isEmpty()) {
            var part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                log().warn("closing {}: {}", part.getClass().getSimpleName(), e.toString());
            }
        }
    }

    private <T extends AutoCloseable> T own(T part) {
        parts.push(part);
        return part;
    }

    private String putTogether(AgentConfig config, Wiring wiring) {
        var ticker = wiring.ticker();
        stateFolder(config.state());
        own(lock(config.state()));
        var id = Optional.ofNullable(config.agent()).orElseGet(() -> AgentId.of(config.state()));
        log().info("agent {} with state in {}", id, config.state());
        var sqlite = SqliteLedger.open(config.state(), config.artifacts());
        Ledger ledger = own(wiring.around(sqlite));
        tellOpening(ledger);
        var access = AccessWiring.of(config, ticker, this::own);
        var redaction = new Redaction(FileSecretStore.open(config.secretsDirectory()));
        var hasher = SecretHasher.open(config.state());
        var token = TokenFile.readOrCreate(config.state());
        redaction.remember("token", token);
        var hooks = HookWiring.hooks(config, (source, what) -> secret(source, what, redaction));
        var guards = new EngineGuards(ticker);
        var engines = engines(config, id, redaction, guards, wiring);
        var telemetry =
                own(
                        new PrometheusTelemetry(
                                ticker,
                                config.engines().stream()
                                        .map(AgentConfig.EngineEntry::name)
                                        .toList(),
                                config.repositories().stream()
                                        .map(AgentConfig.Repository::name)
                                        .toList()));
        telemetry.ledger(() -> ledger.unwritable().isEmpty());
        telemetry.guards(guards.breakers(), guards.bulkheads(), guards.retries());
        var agent =
                own(
                        new Agent(
                                new Agent.Setup(
                                        id,
                                        config.relist(),
                                        engines,
                                        watched(config, redaction, wiring),
                                        ledger,
                                        sqlite.cordons(),
                                        redaction,
                                        hasher::hash,
                                        ticker,
                                        Agent.DRAIN,
                                        telemetry)));
        var webhooks = own(new WebhookService(agent, sqlite.deliveries()));
        var server =
                own(
                        AgentServer.start(
                                agent.control(),
                                new ServerSettings(
                                        config.http().host(),
                                        config.http().port(),
                                        token.text(),
                                        telemetry::scrape,
                                        config.http()::trusts,
                                        access,
                                        AccessWiring.tls(config, telemetry::certificateExpires),
                                        config.http().origins(),
                                        HookWiring.settings(hooks, webhooks, ticker))));
        var listens = config.http().host() + ":" + server.port();
        writeAddress(config.state(), listens);
        agent.start();
        webhooks.start();
        return (config.http().tls() == null ? "http://" : "https://") + listens;
    }

    private static void tellOpening(Ledger ledger) {
        switch (ledger.opening()) {
            case NEW -> log().info("the ledger is new");
            case FOUND -> {}
            case LOST ->
                    log().warn(
                                    "the ledger was damaged or missing; the agent started a new one. It"
                                            + " adopts what runs and restarts nothing");
        }
    }

    private List<Agent.Configured> engines(
            AgentConfig config,
            String agent,
            Redaction redaction,
            EngineGuards guards,
            Wiring wiring) {
        var out = new ArrayList<Agent.Configured>();
        for (var entry : config.engines()) {
            var capacity = entry.options().capacity();
            var adapter = wiring.around(EngineWiring.engine(entry, agent, config, redaction));
            out.add(
                    new Agent.Configured(
                            DockerDriver.of(
                                    own(guards.guard(adapter, redaction)),
                                    entry.options().parallelism()),
                            entry.endpoint(),
                            entry.labels(),
                            entry.options().pricePerHour(),
                            capacity == null ? null : capacity.nanoCpus(),
                            capacity == null ? null : capacity.memory()));
        }
        return List.copyOf(out);
    }

    private List<Agent.Watched> watched(AgentConfig config, Redaction redaction, Wiring wiring) {
        var out = new ArrayList<Agent.Watched>();
        for (var r : config.repositories()) {
            var mirror = JGitSource.open(GitWiring.settings(r, config, redaction));
            var git = own(wiring.around(mirror));
            var allow = r.allow();
            out.add(
                    new Agent.Watched(
                            r.name(),
                            git,
                            r.poll(),
                            new AllowPolicy(
                                    allow.images(),
                                    allow.localImages(),
                                    new TreeSet<>(allow.capabilities()),
                                    allow.firstHostPort(),
                                    allow.lastHostPort(),
                                    r.secrets(),
                                    allow.host()),
                            Set.copyOf(allow.externalVolumes()),
                            r.engines(),
                            VerifyWiring.signatures(r),
                            new FileLimits(r.limits().pipelineFiles(), r.limits().files())));
        }
        return out;
    }

    /** Returns a secret of the configuration; from then on it is redacted in all texts. */
    static String secret(AgentConfig.SecretSource source, String what, Redaction redaction) {
        var text =
                switch (source) {
                    case AgentConfig.SecretSource.Env e -> System.getenv(e.name());
                    case AgentConfig.SecretSource.File f -> content(f.path(), what);
                };
        if (text == null || text.isBlank()) {
            throw new PlumblineException(
                    FailureKind.DENIED, what + ": the secret in " + source + " is empty");
        }
        redaction.remember(what, new SecretValue(text.getBytes(StandardCharsets.UTF_8)));
        return text;
    }

    private static @Nullable String content(Path path, String what) {
        try {
            return Files.readString(path).strip();
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.DENIED, what + ": " + path + " cannot be read: " + e, e);
        }
    }

    private static void stateFolder(Path state) {
        try {
            Files.createDirectories(
                    state,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.INVALID, "state folder " + state + " cannot be made: " + e, e);
        }
    }

    /** Takes the lock, because two agents on one state folder would undo each other's work. */
    private static AutoCloseable lock(Path state) {
        var file = state.resolve("lock");
        try {
            var channel =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            var lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new PlumblineException(
                        FailureKind.CONFLICT,
                        "another agent runs with the state folder " + state + "; stop it first");
            }
            return () -> {
                lock.release();
                channel.close();
            };
        } catch (OverlappingFileLockException e) {
            throw new PlumblineException(
                    FailureKind.CONFLICT, "this process has an agent on " + state + " already", e);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.INVALID, "state folder " + state + " cannot be locked: " + e, e);
        }
    }

    /**
     * Writes the listener's address for the command, because the system may have chosen the port.
     */
    private static void writeAddress(Path state, String address) {
        try {
            var fresh = state.resolve("address.new");
            Files.writeString(fresh, address + "\n");
            Files.move(
                    fresh,
                    state.resolve("address"),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.INVALID, "state folder " + state + " cannot be written: " + e, e);
        }
    }
}
