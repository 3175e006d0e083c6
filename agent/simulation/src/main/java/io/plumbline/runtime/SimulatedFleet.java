package io.plumbline.runtime;

import static io.plumbline.testkit.Patience.await;
import static io.plumbline.testkit.ServiceBuilder.service;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.apply.DockerDriver;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.observe.ActionSlots;
import io.plumbline.engine.docker.observe.EngineGuards;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.OwnLabels;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Planner;
import io.plumbline.engine.docker.wire.DockerEngines;
import io.plumbline.enginesim.EngineSim;
import io.plumbline.port.Cause;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.engine.EnginePace;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.AgentIdentity;
import io.plumbline.runtime.state.EngineNames;
import io.plumbline.testkit.FakeLedger;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.ServiceBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Simulated engines with running pipelines on them, each behind the real adapter, its guard and its
 * watcher: as many as wanted, in one process.
 *
 * <p>Usage: {@code try (var fleet = new SimulatedFleet(5, 20, 10).start()) {...}}: five engines of
 * twenty containers each, ten to a pipeline; pipeline {@code p3-1} is the second one of engine 3.
 */
public final class SimulatedFleet implements AutoCloseable {
    static final String AGENT = "agent-fleet";
    private static final String IMAGE = "local/app:1";

    /** What {@link #onWake} is called with if an event wakes every pipeline. */
    public static final String ALL = "*";

    private static final String COMMIT = "c0ffee";

    private final List<EngineSim> sims = new ArrayList<>();
    private final List<EngineWatcher> watchers = new ArrayList<>();
    private final List<EngineDriver> drivers = new ArrayList<>();
    private final Map<String, Release> releases = new TreeMap<>();
    private final Map<String, Integer> engineOf = new HashMap<>();
    private final int services;
    private final EngineGuards guards = new EngineGuards();
    private volatile Consumer<String> woken = _ -> {};

    /** Engines that run; nobody watches them yet. */
    public SimulatedFleet(int engines, int containersEach, int services) {
        this.services = services;
        for (int e = 0; e < engines; e++) {
            var sim =
                    EngineSim.start("e" + e)
                            .image(Releases.imageId(IMAGE), IMAGE, "{\"Cmd\":[\"/bin/app\"]}");
            sims.add(sim);
            for (int p = 0; p < containersEach / services; p++) {
                var pipeline = "p" + e + "-" + p;
                var release = release(pipeline, "1");
                releases.put(pipeline, release);
                engineOf.put(pipeline, e);
                run(sim, release);
            }
        }
    }

    /** A pipeline's release; {@code version} is in the environment of its first service. */
    public Release release(String pipeline, String version) {
        var all = new ArrayList<ServiceBuilder>();
        for (int s = 0; s < services; s++) {
            all.add(
                    service("s" + s)
                            .image(IMAGE)
                            .env("LOG_LEVEL", "info")
                            .env("VERSION", s == 0 ? version : "1")
                            .memory(64L << 20)
                            .cpus(100_000_000L));
        }
        return Releases.release(pipeline, all.toArray(ServiceBuilder[]::new));
    }

    private static void run(EngineSim sim, Release release) {
        var network = ContainerLayout.networkName(release.pipeline());
        var networkId = sim.network(network, OwnLabels.shared(AGENT, "repo", release.pipeline()));
        for (var service : release.services()) {
            var name =
                    ContainerLayout.containerName(
                            release.pipeline(), service.name(), 1, service.specHash());
            var labels = OwnLabels.container(AGENT, "repo", release, COMMIT, service, 1, Map.of());
            var body =
                    DockerEngines.createBody(
                            new NewContainer(
                                    name,
                                    service.spec(),
                                    new TreeMap<>(),
                                    networkId,
                                    Map.of(),
                                    Map.of()),
                            network);
            sim.running(name, sim.template(body), labels, List.of(service.name()));
        }
    }

    public SimulatedFleet start() {
        return start(EnginePace.USUAL, Duration.ofSeconds(15));
    }

    /** Watches all; returns when all were looked at. */
    public SimulatedFleet start(EnginePace pace, Duration deadline) {
        return start(_ -> pace, _ -> deadline);
    }

    /**
     * The same.
     *
     * @param paces by the engine's number
     * @param deadlines of each call, by the engine's number
     */
    public SimulatedFleet start(IntFunction<EnginePace> paces, IntFunction<Duration> deadlines) {
        for (int e = 0; e < sims.size(); e++) {
            var sim = sims.get(e);
            var engine =
                    guards.guard(
                            DockerEngines.hasty(
                                    sim.name(), sim.endpoint(), AGENT, deadlines.apply(e)),
                            new Redaction(new NoSecrets()));
            var setup =
                    setup(
                            AGENT,
                            silent(),
                            p -> woken.accept(p),
                            _ -> woken.accept(ALL),
                            paces.apply(e));
            var watcher = new EngineWatcher(engine, setup);
            drivers.add(new DockerDriver(watcher, setup, new ActionSlots(ActionSlots.DEFAULT)));
            watchers.add(watcher);
            watcher.start();
        }
        // The first call of a process takes long: classes are loaded.
        await().pollInterval(Duration.ofMillis(2))
                .until(() -> watchers.stream().allMatch(w -> w.seen().reachable()));
        return this;
    }

    /** What a driver gets that no agent made. */
    public static DriverSetup setup(
            String agent, Telemetry telemetry, Consumer<String> wake, EnginePace pace) {
        return setup(agent, telemetry, wake, _ -> {}, pace);
    }

    private static DriverSetup setup(
            String agent,
            Telemetry telemetry,
            Consumer<String> wake,
            Consumer<Cause> wakeAll,
            EnginePace pace) {
        var ledger = new FakeLedger();
        return new DriverSetup(
                new AgentIdentity(agent, ledger, 1, _ -> {}),
                new EngineNames(),
                Duration.ofSeconds(60),
                pace,
                DriverSetup.DRAIN,
                ledger,
                new Secrets(new Redaction(new NoSecrets()), _ -> ""),
                Ticker.system(),
                telemetry,
                wake,
                wakeAll);
    }

    /** Is called with each pipeline that an event wakes, and {@link #ALL} if it wakes all. */
    public void onWake(Consumer<String> action) {
        woken = action;
    }

    public EngineSim sim(int engine) {
        return sims.get(engine);
    }

    public EngineWatcher watcher(int engine) {
        return watchers.get(engine);
    }

    /** The driver over that watcher. */
    public EngineDriver driver(int engine) {
        return drivers.get(engine);
    }

    public List<EngineWatcher> watchers() {
        return watchers;
    }

    EngineGuards guards() {
        return guards;
    }

    public Set<String> pipelines() {
        return releases.keySet();
    }

    /** The pipelines of one engine. */
    List<String> pipelinesOf(int engine) {
        return releases.keySet().stream().filter(p -> engineOf(p) == engine).toList();
    }

    private int engineOf(String pipeline) {
        return Objects.requireNonNull(engineOf.get(pipeline), pipeline);
    }

    /** The release that runs. */
    Release release(String pipeline) {
        return Objects.requireNonNull(releases.get(pipeline), pipeline);
    }

    /** The name of a container. */
    public String container(String pipeline, String service) {
        return ContainerLayout.containerName(
                pipeline, service, 1, release(pipeline).service(service).orElseThrow().specHash());
    }

    /** Looks and plans for the release that runs. */
    public ActionPlan plan(String pipeline) {
        return plan(pipeline, release(pipeline));
    }

    /** Looks and plans for a release. */
    public ActionPlan plan(String pipeline, Release release) {
        var watcher = watchers.get(engineOf(pipeline));
        var seen = watcher.look(pipeline, Set.copyOf(release.imageNames()));
        return Planner.plan(input(release, seen));
    }

    private static PlanInput input(Release release, EngineState seen) {
        var verdicts = new HashMap<String, Verdict>();
        seen.containers().forEach(c -> verdicts.put(c.id(), Verdict.HEALTHY));
        return new PlanInput(
                AGENT,
                release,
                COMMIT,
                release.id(),
                seen,
                verdicts,
                new TreeMap<>(),
                Map.of(),
                List.of(),
                Set.of(),
                Set.of(),
                PlanPolicy.SETTLE);
    }

    private static Telemetry silent() {
        return new SilentTelemetry();
    }

    @Override
    public void close() {
        watchers.forEach(EngineWatcher::close);
        watchers.forEach(w -> w.engine().close());
        sims.forEach(EngineSim::close);
    }
}
