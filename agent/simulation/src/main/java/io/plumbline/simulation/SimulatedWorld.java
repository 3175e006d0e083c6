package io.plumbline.simulation;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.Control;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeCordons;
import io.plumbline.testkit.FakeDeliveries;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import io.plumbline.testkit.FakeRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The simulated world of one seed, and what can happen in it. */
final class SimulatedWorld implements Surroundings {
    private static final Duration JUST_NOW = Duration.ofSeconds(1);
    private static final Caller ANNA = new Caller("anna", "", false);

    private final Scheduler scheduler;
    private final Scheduler.Life host;
    private final SplittableRandom random;
    private final History history;
    private final Mutation mutation;
    private final List<FakeEngine> engines = new ArrayList<>();
    private final List<SimulatedEngine> sites = new ArrayList<>();
    private final List<Faults> faults = new ArrayList<>();
    private final Map<String, Long> disturbed = new HashMap<>();
    private final Map<String, String> secrets = new TreeMap<>();
    private final FakeRegistry registry = new FakeRegistry();
    private final FakeGit git = new FakeGit("");
    private final FakeCordons cordons = new FakeCordons();
    private final FakeDeliveries deliveries = new FakeDeliveries();
    private final Map<String, Long> answered = new HashMap<>();
    private final Map<String, Silence> silences = new HashMap<>();
    private final Sources sources;
    private final Oracle oracle;
    private FakeLedger ledger = new FakeLedger();
    private @Nullable SimulatedAgent agent;
    private boolean ledgerLost;
    private boolean ledgerFull;
    private int writesThatFail;
    private int pushes;
    private int operators;

    /** For how long an engine answered nothing, and when it answered again. */
    private record Silence(Duration length, long until) {}

    SimulatedWorld(long seed, Scheduler scheduler, History history, Mutation mutation) {
        this.scheduler = scheduler;
        this.host = scheduler.life();
        this.history = history;
        this.mutation = mutation;
        this.random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        images();
        int count = few(random);
        this.sources = new Sources(random, count);
        for (int i = 0; i < count; i++) {
            var engine = new FakeEngine("e" + i, registry, host);
            engines.add(engine);
            sites.add(new SimulatedEngine.Simulated(engine));
            faults.add(new Faults());
        }
        this.oracle = new Oracle(this);
    }

    /** One, seldom two, more seldom three. */
    static int few(SplittableRandom random) {
        int at = random.nextInt(10);
        return at < 7 ? 1 : at < 9 ? 2 : 3;
    }

    private void images() {
        for (int i = 0; i < 3; i++) {
            registry.push("app:" + i);
        }
        registry.push(Sources.Bad.EXITS.image()).exitsAtStart(3);
        registry.push(Sources.Bad.UNHEALTHY.image()).health(EngineHealth.UNHEALTHY);
        registry.push(Sources.Bad.OUT_OF_MEMORY.image()).exitsAtStart(137);
        registry.push(Sources.Bad.CHECK_HANGS.image()).hangingChecks();
        registry.push(Sources.Bad.NO_EXECUTABLE.image())
                .failStart(
                        FailureKind.INVALID,
                        "OCI runtime create failed: exec: \"/bin/main\": executable file not found"
                                + " in $PATH");
    }

    // ---- parts

    @Override
    public Mutation mutation() {
        return mutation;
    }

    @Override
    public List<SimulatedEngine> sites() {
        return sites;
    }

    @Override
    public Duration latency(String operation) {
        return operation.equals("stop")
                ? Duration.ofMillis(chance(1_500))
                : Duration.ofMillis(1 + chance(12));
    }

    @Override
    public Faults faults(int engine) {
        return faults.get(engine);
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
    public Sources sources() {
        return sources;
    }

    @Override
    public Oracle oracle() {
        return oracle;
    }

    @Override
    public boolean ledgerLost() {
        return ledgerLost;
    }

    @Override
    public long nanos() {
        return scheduler.nanos();
    }

    @Override
    public String secret(String name) {
        return secrets.getOrDefault(name, "first");
    }

    @Override
    public int chance(int bound) {
        return random.nextInt(bound);
    }

    @Override
    public void note(String line) {
        history.add(scheduler.nanos(), line);
    }

    @Override
    public @Nullable SimulatedAgent agent() {
        return agent;
    }

    @Override
    public FakeDeliveries deliveries() {
        return deliveries;
    }

    // ---- disturbances

    @Override
    public void answered(String engine) {
        long now = scheduler.nanos();
        var before = lastAnswer(engine);
        if (now - before > JUST_NOW.toNanos()) {
            silences.put(engine, new Silence(Duration.ofNanos(now - before), now));
        }
        answered.put(engine, now);
    }

    private long lastAnswer(String engine) {
        return answered.getOrDefault(engine, 0L);
    }

    /** What it answered just now may not be known to all threads of the agent. */
    @Override
    public Duration silence(String engine) {
        long now = scheduler.nanos();
        var last = silences.get(engine);
        return last != null && now - last.until() < JUST_NOW.toNanos()
                ? last.length()
                : Duration.ofNanos(now - lastAnswer(engine));
    }

    @Override
    public boolean ledgerRefuses() {
        boolean one = writesThatFail > 0;
        if (one) {
            writesThatFail--;
        }
        return one || ledgerFull;
    }

    @Override
    public void disturbed(String engine) {
        disturbed.put(engine, scheduler.nanos());
    }

    @Override
    public boolean disturbedWithin(String engine, Duration time) {
        var at = disturbed.get(engine);
        return at != null && scheduler.nanos() - at < time.toNanos();
    }

    // ---- the agent

    void startAgent() {
        var running = agent;
        if (running != null && !running.dead()) {
            return;
        }
        if (running != null) {
            running.kill();
        }
        note("the agent starts");
        agent = new SimulatedAgent(this, scheduler.life());
        oracle.agentStarted();
    }

    void killAgent() {
        var running = agent;
        if (running != null) {
            note("the agent is killed");
            running.kill();
        }
    }

    void end() {
        killAgent();
        host.unwind();
    }

    // ---- steps

    void take(ScriptStep step) {
        note("step: " + step);
        int e = step.a() % engines.size();
        var engine = engines.get(e);
        var pipeline = sources.names().get(step.a() % sources.names().size());
        switch (step.verb()) {
            case PASS -> {}
            case COMMIT_GOOD -> commit(pipeline, sources.fresh(pipeline, null), step.b());
            case COMMIT_BAD -> {
                var kinds = Sources.Bad.values();
                var bad = kinds[step.b() % kinds.length];
                commit(pipeline, sources.fresh(pipeline, bad), step.b());
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
                    foreign(step, engine);
            case CALLS_REFUSED -> arm(e, Faults.Kind.REFUSED, step);
            case CALLS_TIME_OUT -> arm(e, Faults.Kind.TIMED_OUT, step);
            case CALLS_LATE -> arm(e, Faults.Kind.LATE, step);
            case ANSWERS_LOST -> arm(e, Faults.Kind.LOST, step);
            case CALLS_HALF_DONE -> arm(e, Faults.Kind.HALF_DONE, step);
            case ENGINE_AWAY -> {
                disturbed(engine.name());
                engine.goAway();
            }
            case ENGINE_BACK -> {
                disturbed(engine.name());
                engine.comeBack();
            }
            case HOST_RESTARTED -> {
                disturbed(engine.name());
                engine.restart();
            }
            case HOST_OVERLOADED -> {
                disturbed(engine.name());
                engine.overload(true);
            }
            case HOST_RELIEVED -> {
                disturbed(engine.name());
                engine.overload(false);
                faults.get(e).answerAgain();
            }
            case EVENTS_LOST -> engine.loseEvents();
            case REGISTRY_DOWN -> registry.down();
            case REGISTRY_UP -> registry.up();
            case REMOTE_DOWN -> git.goAway(FailureKind.UNREACHABLE, "no route to the remote");
            case REMOTE_UP -> git.comeBack();
            case SECRET_ROTATED -> secrets.put("key", "value " + step.b());
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
                    note("the ledger is lost");
                    ledger = ledger.lost();
                    ledgerLost = true;
                    oracle.ledgerLost();
                    startAgent();
                }
            }
            case LEDGER_WRITE_FAILS -> writesThatFail = 1 + step.b() % 2;
            case LEDGER_FULL -> ledgerFull = true;
            case LEDGER_HAS_ROOM -> ledgerFull = false;
            case WEBHOOK -> push();
            case CLOCK_JUMPS -> scheduler.jumpWallClock(Duration.ofMinutes(step.b() - 500));
        }
    }

    private void commit(String pipeline, Sources.Source source, int tell) {
        var commit = git.commit(sources.files(pipeline, source));
        sources.committed(pipeline, source, commit);
        note("commit " + commit.substring(0, 8) + " of " + pipeline + " " + source.bad());
        switch (tell % 4) {
            case 0 -> operator("sync", pipeline, c -> c.execute(Command.sync(pipeline), ANNA));
            case 2 -> push();
            default -> note("the agent finds it at its next poll");
        }
    }

    /** The Git host delivers a webhook. */
    private void push() {
        var running = agent;
        if (running != null && !running.dead()) {
            var id = "push-" + ++pushes;
            var _ = running.life().start("webhook-" + id, () -> running.push(id));
        }
    }

    private void arm(int engine, Faults.Kind kind, ScriptStep step) {
        faults.get(engine).arm(kind, step.b() % 4 > 0, 1 + step.b() % 3);
    }

    private void foreign(ScriptStep step, FakeEngine engine) {
        var there =
                engine.all().stream()
                        .filter(c -> !c.label(Labels.PIPELINE).isEmpty())
                        .filter(LiveContainer::alive)
                        .toList();
        if (there.isEmpty()) {
            return;
        }
        var c = there.get(step.b() % there.size());
        note("somebody: " + step.verb() + " " + engine.name() + "/" + c.name());
        if (step.verb() == StepKind.CONTAINER_HANGS) {
            // Nobody touches it, and its engine answers: that excuses nothing.
            faults.get(engines.indexOf(engine)).hang(c.id(), step.a() % 2 == 0);
            return;
        }
        disturbed(engine.name());
        oracle.touchedByOthers(c);
        switch (step.verb()) {
            case CONTAINER_KILLED -> engine.exit(c.name(), 137);
            case CONTAINER_STOPPED -> unlessAway(() -> engine.stop(c.id(), Duration.ZERO));
            case CONTAINER_REMOVED -> engine.removeByForce(c.name());
            case CONTAINER_UPDATED ->
                    unlessAway(() -> engine.update(c.id(), 64L << 20, 0, "unless-stopped"));
            case CONTAINER_DISCONNECTED ->
                    c.networks()
                            .values()
                            .forEach(
                                    n ->
                                            unlessAway(
                                                    () ->
                                                            engine.disconnect(
                                                                    c.id(), n.networkId())));
            case CONTAINER_PAUSED -> engine.pause(c.name());
            case CHECK_HANGS -> engine.hangChecks(c.name(), true);
            case ENDPOINT_LOST -> engine.loseEndpoint(c.name(), network(c, step));
            case NETWORK_REMOVED -> {
                there.stream()
                        .filter(o -> same(o, c, Labels.PIPELINE))
                        .forEach(oracle::touchedByOthers);
                engine.removeNetworkByForce(network(c, step));
            }
            default -> throw new IllegalStateException(step.verb().name());
        }
    }

    private static boolean same(LiveContainer a, LiveContainer b, String label) {
        return a.label(label).equals(b.label(label));
    }

    private static String network(LiveContainer c, ScriptStep step) {
        var names = List.copyOf(c.networks().keySet());
        return names.isEmpty() ? "" : names.get(step.a() % names.size());
    }

    private static void unlessAway(Runnable work) {
        try {
            work.run();
        } catch (PlumblineException e) {
            // Nobody reaches that engine.
        }
    }

    /** An operator asks, on a thread of the agent's server. */
    void operator(String what, String pipeline, Function<Control, Control.Reply> question) {
        var running = agent;
        if (running == null || running.dead()) {
            return;
        }
        var _ =
                running.life()
                        .start(
                                "operator-" + ++operators,
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

    /** Every fault ends. */
    void makeWell() {
        note("every fault ends");
        for (int i = 0; i < engines.size(); i++) {
            faults.get(i).clear();
            disturbed(engines.get(i).name());
            engines.get(i).comeBack();
            endHangs(engines.get(i));
        }
        ledgerFull = false;
        writesThatFail = 0;
        registry.up();
        git.comeBack();
        startAgent();
        var running = agent;
        if (running != null) {
            running.dieAt(Integer.MAX_VALUE, true);
        }
    }

    private static void endHangs(FakeEngine engine) {
        engine.overload(false);
        for (var c : engine.all()) {
            if (c.alive()) {
                engine.hangChecks(c.name(), false);
            }
        }
    }

    /** Operators take back what they said, and each team commits something good. */
    void wish() {
        for (var pipeline : sources.names()) {
            operator("resume", pipeline, c -> c.execute(new Command.Resume(pipeline), ANNA));
            commit(pipeline, sources.fresh(pipeline, null), 1);
        }
    }
}
