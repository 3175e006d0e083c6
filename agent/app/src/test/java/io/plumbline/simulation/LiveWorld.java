package io.plumbline.simulation;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.e2e.TestEngine;
import io.plumbline.e2e.TestImages;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeCordons;
import io.plumbline.testkit.FakeDeliveries;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The world of one seed around a real engine, in real time. */
final class LiveWorld implements Surroundings, AutoCloseable {
    private static final Caller ANNA = new Caller("anna", "", false);

    /** Works until TERM. */
    private static final String SERVES = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";

    private final long began = System.nanoTime();
    private final SplittableRandom random;
    private final Consumer<String> told;
    private final TestImages images;
    private final LiveSite site;
    private final Faults faults = new Faults();
    private final FakeGit git = new FakeGit("");
    private final FakeCordons cordons = new FakeCordons();
    private final FakeDeliveries deliveries = new FakeDeliveries();
    private final Map<String, Long> disturbed = new ConcurrentHashMap<>();
    private final Map<String, Long> answered = new ConcurrentHashMap<>();
    private final Map<String, String> secrets = new ConcurrentHashMap<>();
    private final AtomicInteger writesThatFail = new AtomicInteger();
    private final Sources sources;
    private final Oracle oracle;
    private volatile FakeLedger ledger = new FakeLedger();
    private volatile @Nullable SimulatedAgent agent;
    private volatile boolean ledgerFull;
    private volatile boolean ledgerLost;
    private final AtomicBoolean closed = new AtomicBoolean();
    private int pushes;

    /**
     * A world.
     *
     * @param told is given each line of the history
     */
    LiveWorld(long seed, TestEngine docker, Consumer<String> told) {
        this.random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        this.told = told;
        this.images = new TestImages(docker);
        this.site = new LiveSite(docker, images.busybox());
        this.sources = new Sources(random, 1, new Sources.Dialect("chaos", this::image, check()));
        this.oracle = new Oracle(this);
    }

    /** By a file in the container others make a check fail, or hang. */
    private static String check() {
        return "[sh, -c, \"[ ! -e /hang ] && [ ! -e /stuck ] || sleep 1000; [ ! -e /sick ]\"]";
    }

    private String image(String word) {
        return switch (word) {
            case "app:exits" -> images.shell("exits:1", "exit 3");
            case "app:out_of_memory" -> images.shell("out-of-memory:1", "exit 137");
            case "app:unhealthy" -> images.shell("unhealthy:1", ": > /sick; " + SERVES);
            case "app:check_hangs" -> images.shell("check-hangs:1", ": > /stuck; " + SERVES);
            case "app:no_executable" -> images.cannotStart("1");
            case "app:no_image" -> "plumbline-chaos/no-such-image:1";
            default -> images.shell("app:" + word.substring(4), SERVES);
        };
    }

    // ---- parts

    @Override
    public List<SimulatedEngine> sites() {
        return List.of(site);
    }

    @Override
    public Faults faults(int engine) {
        return faults;
    }

    @Override
    public Duration latency(String operation) {
        return Duration.ZERO;
    }

    @Override
    public FakeGit git() {
        return git;
    }

    @Override
    public FakeLedger ledger() {
        return ledger;
    }

    @Override
    public FakeCordons cordons() {
        return cordons;
    }

    @Override
    public FakeDeliveries deliveries() {
        return deliveries;
    }

    @Override
    public Sources sources() {
        return sources;
    }

    @Override
    public Oracle oracle() {
        return oracle;
    }

    @Override
    public Mutation mutation() {
        return Mutation.NONE;
    }

    @Override
    public boolean ledgerLost() {
        return ledgerLost;
    }

    @Override
    public boolean ledgerRefuses() {
        return writesThatFail.getAndUpdate(n -> Math.max(0, n - 1)) > 0 || ledgerFull;
    }

    @Override
    public long nanos() {
        return System.nanoTime() - began;
    }

    @Override
    public String secret(String name) {
        return secrets.getOrDefault(name, "first");
    }

    @Override
    public synchronized int chance(int bound) {
        return random.nextInt(bound);
    }

    @Override
    public synchronized void note(String line) {
        told.accept("%9.3fs  %s".formatted(nanos() / 1e9, line));
    }

    @Override
    public @Nullable SimulatedAgent agent() {
        return agent;
    }

    @Override
    public void disturbed(String engine) {
        disturbed.put(engine, nanos());
    }

    @Override
    public boolean disturbedWithin(String engine, Duration time) {
        var at = disturbed.get(engine);
        return at != null && nanos() - at < time.toNanos();
    }

    @Override
    public void answered(String engine) {
        answered.put(engine, nanos());
    }

    @Override
    public Duration silence(String engine) {
        return Duration.ofNanos(nanos() - answered.getOrDefault(engine, 0L));
    }

    // ---- the agent

    void startAgent() {
        var running = agent;
        if (running != null && !running.dead()) {
            return;
        }
        killAgent();
        note("the agent starts");
        agent = new SimulatedAgent(this, new LiveLife());
        oracle.agentStarted();
    }

    void killAgent() {
        var running = agent;
        if (running != null) {
            note("the agent is killed");
            running.kill();
        }
    }

    // ---- steps

    void take(ScriptStep step) {
        note("step: " + step);
        var pipeline = sources.names().get(step.a() % sources.names().size());
        switch (step.verb()) {
            case COMMIT_GOOD -> commit(pipeline, sources.fresh(pipeline, null), step.b());
            case COMMIT_BAD -> {
                var kinds = Sources.Bad.values();
                commit(pipeline, sources.fresh(pipeline, kinds[step.b() % kinds.length]), step.b());
            }
            case COMMIT_OLD -> {
                var old = sources.old(pipeline, step.b());
                if (old != null) {
                    commit(pipeline, old, step.b());
                }
            }
            case ROLLBACK ->
                    operator(
                            "rollback",
                            pipeline,
                            c ->
                                    c.execute(
                                            new Command.Rollback(
                                                    pipeline, null, null, step.b() % 3 == 0, false),
                                            ANNA));
            case PAUSE ->
                    operator("pause", pipeline, c -> c.execute(new Command.Pause(pipeline), ANNA));
            case RESUME ->
                    operator(
                            "resume", pipeline, c -> c.execute(new Command.Resume(pipeline), ANNA));
            case RETRY ->
                    operator(
                            "retry",
                            pipeline,
                            c -> c.execute(new Command.Retry(pipeline, null), ANNA));
            case RESTART ->
                    operator(
                            "restart",
                            pipeline,
                            c -> c.execute(new Command.Restart(pipeline, "s0"), ANNA));
            case SYNC -> operator("sync", pipeline, c -> c.execute(Command.sync(pipeline), ANNA));
            case CALLS_REFUSED -> arm(Faults.Kind.REFUSED, step);
            case CALLS_TIME_OUT -> arm(Faults.Kind.TIMED_OUT, step);
            case CALLS_LATE -> arm(Faults.Kind.LATE, step);
            case ANSWERS_LOST -> arm(Faults.Kind.LOST, step);
            case CALLS_HALF_DONE -> arm(Faults.Kind.HALF_DONE, step);
            case ENGINE_AWAY -> away(true);
            case ENGINE_BACK -> away(false);
            case REMOTE_DOWN -> git.goAway(FailureKind.UNREACHABLE, "no route to the remote");
            case REMOTE_UP -> git.comeBack();
            case SECRET_ROTATED -> secrets.put("key", "value " + step.b());
            case LEDGER_WRITE_FAILS -> writesThatFail.set(1 + step.b() % 2);
            case LEDGER_FULL -> ledgerFull = true;
            case LEDGER_HAS_ROOM -> ledgerFull = false;
            case WEBHOOK -> push();
            case AGENT_KILLED -> {
                killAgent();
                startAgent();
            }
            case AGENT_DIES_SOON -> {
                var running = agent;
                if (running != null) {
                    running.dieAt(1 + step.a() % 30, step.b() % 2 == 0);
                }
            }
            case LEDGER_LOST -> {
                if (step.b() % 3 == 0) {
                    killAgent();
                    ledger = ledger.lost();
                    ledgerLost = true;
                    oracle.ledgerLost();
                    startAgent();
                }
            }
            case CONTAINER_KILLED,
                    CONTAINER_STOPPED,
                    CONTAINER_REMOVED,
                    CONTAINER_UPDATED,
                    CONTAINER_DISCONNECTED,
                    CONTAINER_PAUSED,
                    CONTAINER_HANGS,
                    CHECK_HANGS,
                    ENDPOINT_LOST,
                    NETWORK_REMOVED ->
                    foreign(step);
            case PASS,
                    HOST_RESTARTED,
                    HOST_OVERLOADED,
                    HOST_RELIEVED,
                    EVENTS_LOST,
                    REGISTRY_DOWN,
                    REGISTRY_UP,
                    CLOCK_JUMPS -> {}
        }
    }

    private void arm(Faults.Kind kind, ScriptStep step) {
        faults.arm(kind, step.b() % 4 > 0, 1 + step.b() % 3);
    }

    private void away(boolean goes) {
        disturbed(site.name());
        faults.away(goes);
        var running = agent;
        if (goes && running != null) {
            running.loseStreams();
        }
    }

    private void commit(String pipeline, Sources.Source source, int tell) {
        var commit = git.commit(sources.files(pipeline, source));
        sources.committed(pipeline, source, commit);
        note("commit " + commit.substring(0, 8) + " of " + pipeline + " " + source.bad());
        if (tell % 4 == 0) {
            operator("sync", pipeline, c -> c.execute(Command.sync(pipeline), ANNA));
        } else if (tell % 4 == 2) {
            push();
        }
    }

    private void push() {
        var running = agent;
        if (running != null && !running.dead()) {
            var id = "push-" + ++pushes;
            var _ = running.life().start("webhook-" + id, () -> running.push(id));
        }
    }

    private void operator(String what, String pipeline, Function<Control, Control.Reply> question) {
        var running = agent;
        if (running == null || running.dead()) {
            return;
        }
        var _ =
                running.life()
                        .start(
                                "operator",
                                () -> {
                                    try {
                                        oracle.asks(what, pipeline);
                                        var reply = question.apply(running.control());
                                        note(what + " " + pipeline + ": " + reply.outcome());
                                        oracle.replied(what, pipeline, reply);
                                    } catch (PlumblineException e) {
                                        note(what + " " + pipeline + ": " + e.getMessage());
                                    }
                                });
    }

    private void foreign(ScriptStep step) {
        var there =
                site.all().stream()
                        .filter(c -> !c.label(Labels.PIPELINE).isEmpty())
                        .filter(LiveContainer::alive)
                        .toList();
        if (there.isEmpty()) {
            return;
        }
        var c = there.get(step.b() % there.size());
        note("somebody: " + step.verb() + " " + c.name());
        if (step.verb() == StepKind.CONTAINER_HANGS) {
            faults.hang(c.id(), step.a() % 2 == 0);
            return;
        }
        disturbed(site.name());
        there.stream()
                .filter(o -> step.verb() == StepKind.NETWORK_REMOVED || o.id().equals(c.id()))
                .forEach(oracle::touchedByOthers);
        var networks = List.copyOf(c.networks().keySet());
        switch (step.verb()) {
            case CONTAINER_KILLED -> docker("kill", c.id());
            case CONTAINER_STOPPED -> docker("stop", "-t", "0", c.id());
            case CONTAINER_REMOVED -> docker("rm", "-f", c.id());
            case CONTAINER_UPDATED ->
                    docker("update", "--cpus", "0.9", "--restart", "unless-stopped", c.id());
            case CONTAINER_DISCONNECTED ->
                    networks.forEach(n -> docker("network", "disconnect", "-f", n, c.id()));
            case CONTAINER_PAUSED -> docker("pause", c.id());
            case CHECK_HANGS -> docker("exec", c.id(), "sh", "-c", ": > /hang");
            case ENDPOINT_LOST -> {
                if (!networks.isEmpty()) {
                    var network = networks.get(step.a() % networks.size());
                    docker("network", "disconnect", "-f", network, c.id());
                }
            }
            case NETWORK_REMOVED -> {
                if (!networks.isEmpty()) {
                    var network = networks.get(step.a() % networks.size());
                    there.stream()
                            .filter(o -> o.networks().containsKey(network))
                            .forEach(o -> docker("network", "disconnect", "-f", network, o.id()));
                    docker("network", "rm", network);
                }
            }
            default -> throw new IllegalStateException(step.verb().name());
        }
        disturbed(site.name());
    }

    private void docker(String... args) {
        var ended = site.docker().tryDocker(args);
        if (ended.code() != 0) {
            note("docker " + String.join(" ", args) + " -> " + ended.code());
        }
    }

    /** Every fault ends. */
    void makeWell() {
        note("every fault ends");
        faults.clear();
        away(false);
        ledgerFull = false;
        writesThatFail.set(0);
        git.comeBack();
        for (var c : site.all()) {
            if (c.state() == RunState.PAUSED) {
                docker("unpause", c.id());
            }
            if (c.alive()) {
                docker("exec", c.id(), "/bin/busybox", "rm", "-f", "/hang");
            }
        }
        startAgent();
        var running = agent;
        if (running != null) {
            running.dieAt(Integer.MAX_VALUE, true);
        }
    }

    /** Operators take back what they said, and each team commits something good. */
    void wish() {
        for (var pipeline : sources.names()) {
            operator("resume", pipeline, c -> c.execute(new Command.Resume(pipeline), ANNA));
            commit(pipeline, sources.fresh(pipeline, null), 1);
        }
    }

    /** Removes all that was made on the engine; once, also when the process is told to end. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        killAgent();
        site.close();
        site.docker().removeAllOf(SimulatedAgent.AGENT);
        images.close();
    }
}
