package io.plumbline.runtime;

import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.apply.DockerDriver;
import io.plumbline.port.Control;
import io.plumbline.port.GitSource;
import io.plumbline.port.Ledger;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import io.plumbline.port.Tasks;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.control.Agent;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.runtime.engine.EnginePace;
import io.plumbline.runtime.git.SignatureRule;
import io.plumbline.runtime.rollout.StageList;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.testkit.FakeCordons;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A whole agent on an engine, a remote and a ledger in memory: the real loops, no IO. It can be
 * killed at any call that changes something, and another one started on what is left.
 */
public final class InMemoryAgent implements AutoCloseable {
    private static final Set<String> LOOKING =
            Set.of(
                    "name",
                    "ping",
                    "info",
                    "list",
                    "containerNames",
                    "inspect",
                    "networks",
                    "volumes",
                    "image",
                    "registryDigest",
                    "exec",
                    "logs",
                    "events",
                    "close",
                    "opening",
                    "id",
                    "young",
                    "unwritable",
                    "probe",
                    "pipelines",
                    "history",
                    "lastEvents",
                    "failedLogs",
                    "release",
                    "releases",
                    "storedBeforeHostRules",
                    "unseen",
                    "file",
                    "commitOf",
                    "releasesOfCommit",
                    "resolution",
                    "verdict",
                    "verifiedHead",
                    "verdictsOf",
                    "toString",
                    "hashCode");

    /** Ends a test that hangs; nothing here takes that long on any machine. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    static {
        // A killed agent's threads end when they like: that is nothing to who waits meanwhile.
        Awaitility.doNotCatchUncaughtExceptionsByDefault();
    }

    public final List<FakeEngine> engines;
    public final FakeEngine engine;

    /** How many units of actions a pipeline runs on an engine; counts from the next start. */
    int parallelism = 8;

    /** Engines of another kind, in place of those; count from the next start. */
    public List<DriverFactory> drivers = List.of();

    /** Labels by the engine's name, as configured; all of these count from the next start. */
    final Map<String, SortedMap<String, String>> labels = new HashMap<>();

    /** What an hour of it costs, by the engine's name, as configured. */
    final Map<String, BigDecimal> prices = new HashMap<>();

    /** CPUs times 10^9 that may be placed there, by the engine's name, as configured. */
    final Map<String, Long> nanoCpus = new HashMap<>();

    /** Bytes that may be placed there, by the engine's name, as configured. */
    final Map<String, Long> memory = new HashMap<>();

    /** Engines that the repository may use; empty for all. Counts from the next start. */
    List<String> allowed = List.of();

    /** What its pipelines may ask of the engines' machines. Counts from the next start. */
    HostRules host = HostRules.DEFAULT;

    /** How its engines are watched; counts from the next start. */
    public EnginePace pace = EnginePace.USUAL;

    /** The stages of its deployments; count from the next start. */
    public List<StageList.Maker> stages = StageList.STANDARD;

    /** What was told last of how each pipeline stands, for metrics. */
    final Map<String, PipelineStatus> stands = new ConcurrentHashMap<>();

    /** How often a pipeline was passed over. */
    final AtomicInteger reconciled = new AtomicInteger();

    public final FakeGit git;
    public FakeLedger ledger;
    final FakeCordons cordons = new FakeCordons();
    String pushed = "";
    final Map<String, String> secrets = new HashMap<>();

    /** Repositories beside the first, {@code ml}; count from the next start. */
    public final List<Agent.Watched> others = new ArrayList<>();

    /** Which commits must be signed; counts from the next start of an agent. */
    @Nullable SignatureRule signatures;

    /** Is run in each call of a port to Git, ledger, engine and threads; from the next start. */
    @Nullable Runnable inEachCall;

    private final AtomicLong skipped = new AtomicLong();

    /** What lies between the agent and an engine. */
    private final UnaryOperator<EngineClient> link;

    private volatile Life life;
    private volatile @Nullable Agent agent;

    /** One life of the agent: ends at a changing call, before or after that is done. */
    private static final class Life {
        private int until = Integer.MAX_VALUE;
        private boolean before;
        private int calls;
        private volatile boolean dead;

        synchronized void end(int in, boolean beforeIt) {
            until = calls + in;
            before = beforeIt;
        }

        synchronized boolean endsNow() {
            return ++calls == until;
        }

        synchronized int calls() {
            return calls;
        }
    }

    /** The agent was killed. Not an exception that anybody would catch. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed() {
            super("killed", null, false, false);
        }
    }

    public InMemoryAgent() {
        this(List.of(new FakeEngine("local")));
    }

    /** One with several engines, in this order. */
    public InMemoryAgent(List<FakeEngine> engines) {
        this(engines, UnaryOperator.identity());
    }

    /** One that reaches each engine through {@code link}. */
    InMemoryAgent(List<FakeEngine> engines, UnaryOperator<EngineClient> link) {
        this(engines, new FakeGit(""), new FakeLedger(), link);
    }

    public InMemoryAgent(FakeEngine engine, FakeGit git, FakeLedger ledger) {
        this(List.of(engine), git, ledger, UnaryOperator.identity());
    }

    private InMemoryAgent(
            List<FakeEngine> engines,
            FakeGit git,
            FakeLedger ledger,
            UnaryOperator<EngineClient> link) {
        this.engines = List.copyOf(engines);
        this.engine = engines.getFirst();
        this.git = git;
        this.ledger = ledger;
        this.link = link;
        this.life = new Life();
    }

    public InMemoryAgent start() {
        var assembled = assembled(life);
        agent = assembled;
        assembled.start();
        return this;
    }

    private Agent agent() {
        return Objects.requireNonNull(agent, "started");
    }

    /** The nth changing call from now on kills it, before or after it is done. */
    public void killAt(int call, boolean before) {
        life.end(call, before);
    }

    boolean killed() {
        return life.dead;
    }

    int calls() {
        return life.calls();
    }

    /** Another process on what is left. */
    public void startAgain() {
        close();
        life = new Life();
        start();
    }

    /** Whether an engine has not got yet what a pipeline desires there. */
    public boolean late(String pipeline) {
        var state = ledger.pipelines().get(pipeline);
        return state == null || !state.where().late().isEmpty();
    }

    /**
     * Whether each engine only keeps what is deployed there, and has looked: what somebody changes
     * from now on is drift. Before, it is put right as part of the deployment.
     */
    public boolean keeps(String pipeline) {
        var engineReconcilers = agent().worker(pipeline).orElseThrow().reconciler().engines().all();
        return !engineReconcilers.isEmpty()
                && engineReconcilers.stream()
                        .map(l -> l.report().goal())
                        .allMatch(g -> g != null && g.aim() instanceof Directive.Keep);
    }

    /** Lets that much time pass at once, and all look. */
    public void skip(Duration time) {
        skipped.addAndGet(time.toNanos());
        engines.forEach(FakeEngine::stir);
    }

    private Ticker ticker() {
        var real = Ticker.system();
        return new Ticker() {
            @Override
            public long nanos() {
                return real.nanos() + skipped.get();
            }

            @Override
            public Instant now() {
                return real.now().plusNanos(skipped.get());
            }

            @Override
            public Tasks tasks() {
                return seen(Tasks.class, real.tasks());
            }
        };
    }

    /** Another process that finds nothing on record. */
    public void loseLedger() {
        close();
        ledger = ledger.lost();
        startAgain();
    }

    public Control control() {
        return agent().control();
    }

    public PipelineStatus status(String pipeline) {
        return control().status(pipeline);
    }

    /** Waits until a pipeline's status is as wanted, or the agent is killed. */
    public boolean await(String what, Supplier<Boolean> wanted) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            if (life.dead) {
                return false;
            }
            try {
                if (wanted.get()) {
                    return true;
                }
            } catch (Killed e) {
                return false;
            } catch (RuntimeException e) {
                // not there yet
            }
            LockSupport.parkNanos(2_000_000);
        }
        throw new AssertionError(what + " did not come true; " + tell());
    }

    /** Waits for a status, and until what ran before it is stopped. */
    public boolean await(String pipeline, Predicate<PipelineStatus> wanted) {
        return awaitSoon(pipeline, s -> s.cleanUp().isEmpty() && wanted.test(s));
    }

    /** Waits for a status, also during the clean-up after a deployment. */
    boolean awaitSoon(String pipeline, Predicate<PipelineStatus> wanted) {
        return await(pipeline, () -> wanted.test(status(pipeline)));
    }

    String tell() {
        var out = new StringBuilder();
        for (var s : control().status()) {
            out.append(s.pipeline()).append(' ').append(s.state()).append(": ");
            out.append(s.reason()).append("; ").append(s.deployment()).append('\n');
            out.append(s.health()).append(' ').append(s.services()).append('\n');
            out.append(ledger.pipelines().get(s.pipeline())).append('\n');
            out.append("head ").append(s.head()).append('\n');
        }
        for (var e : engines) {
            e.all().forEach(c -> out.append(e.name() + "/" + c.name() + " " + c.state() + "\n"));
        }
        ledger.lastEvents(null, 60)
                .forEach(e -> out.append(e.type()).append(' ').append(e.reason()).append('\n'));
        return out.toString();
    }

    @Override
    public void close() {
        life.dead = true;
        var running = agent;
        if (running != null) {
            running.close();
        }
    }

    private Agent assembled(Life mine) {
        var made =
                drivers.isEmpty()
                        ? engines.stream()
                                .map(
                                        e ->
                                                DockerDriver.of(
                                                        mortal(
                                                                EngineClient.class,
                                                                seen(
                                                                        EngineClient.class,
                                                                        link.apply(e)),
                                                                mine),
                                                        parallelism))
                                .toList()
                        : drivers;
        var configured =
                made.stream()
                        .map(
                                e ->
                                        new Agent.Configured(
                                                e,
                                                "memory",
                                                labels.getOrDefault(e.name(), new TreeMap<>()),
                                                prices.get(e.name()),
                                                nanoCpus.get(e.name()),
                                                memory.get(e.name())))
                        .toList();
        Ledger written = mortal(Ledger.class, seen(Ledger.class, ledger), mine);
        return new Agent(
                new Agent.Setup(
                        "test-agent",
                        Duration.ofSeconds(60),
                        configured,
                        watched(),
                        written,
                        cordons,
                        new Redaction(store()),
                        v -> Integer.toHexString(v.text().hashCode()),
                        ticker(),
                        Duration.ZERO,
                        counting()),
                pace,
                stages);
    }

    private List<Agent.Watched> watched() {
        var out = new ArrayList<Agent.Watched>();
        out.add(
                new Agent.Watched(
                        "ml",
                        seen(GitSource.class, git),
                        Duration.ofMillis(20),
                        new AllowPolicy(
                                List.of("*"), true, Set.of(), 1024, 65535, List.of("*"), host),
                        Set.of(),
                        allowed,
                        signatures));
        out.addAll(others);
        return out;
    }

    private SecretStore store() {
        return new SecretStore() {
            @Override
            public Optional<SecretValue> read(String name) {
                return Optional.ofNullable(secrets.get(name))
                        .map(v -> new SecretValue(v.getBytes(StandardCharsets.UTF_8)));
            }

            @Override
            public String whereabouts(String name) {
                return "the map of secrets, key " + name;
            }
        };
    }

    private Telemetry counting() {
        return proxy(
                Telemetry.class,
                (method, args) -> {
                    if (method.getName().equals("pipelineStands")) {
                        var status = (PipelineStatus) args[0];
                        stands.put(status.pipeline(), status);
                    }
                    if (method.getName().equals("reconciled")) {
                        reconciled.incrementAndGet();
                    }
                    return null;
                });
    }

    private static <T> T mortal(Class<T> type, T part, Life mine) {
        return proxy(
                type,
                (method, args) -> {
                    if (mine.dead) {
                        throw new Killed();
                    }
                    if (LOOKING.contains(method.getName())) {
                        return method.invoke(part, args);
                    }
                    boolean last = mine.endsNow();
                    if (last && mine.before) {
                        mine.dead = true;
                        throw new Killed();
                    }
                    var done = method.invoke(part, args);
                    if (last) {
                        mine.dead = true;
                        throw new Killed();
                    }
                    return done;
                });
    }

    /** The same part, with the hook in each call. */
    private <T> T seen(Class<T> type, T part) {
        var hook = inEachCall;
        return hook == null
                ? part
                : proxy(
                        type,
                        (method, args) -> {
                            hook.run();
                            return method.invoke(part, args);
                        });
    }

    private interface Call {
        @Nullable Object on(java.lang.reflect.Method method, Object[] args) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, args) -> {
                            try {
                                return call.on(method, args);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        }));
    }
}
