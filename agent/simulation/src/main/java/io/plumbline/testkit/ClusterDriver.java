package io.plumbline.testkit;

import io.plumbline.core.placement.Usage;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Observation;
import io.plumbline.port.Cause;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.RestartSlots;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.runtime.engine.DriverSetup;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The driver of a {@link FakeCluster}: a kind of engine without containers. */
public final class ClusterDriver implements EngineDriver {
    /** How often it looks whether the cluster answers. */
    private static final Duration EVERY = Duration.ofMillis(20);

    private final FakeCluster cluster;
    private final DriverSetup setup;
    private final ClusterSteps steps;
    private final RestartSlots restarts = new RestartSlots();
    private final Tasks.Task thread;
    private volatile Seen seen = Seen.NOTHING;
    private volatile boolean closed;
    private @Nullable AutoCloseable watch;

    private ClusterDriver(FakeCluster cluster, DriverSetup setup) {
        this.cluster = cluster;
        this.setup = setup;
        this.steps = new ClusterSteps(cluster, setup);
        this.thread = setup.ticker().tasks().task("engine-" + cluster.name(), this::run);
    }

    /** The maker of the driver of that cluster. */
    public static DriverFactory of(FakeCluster cluster) {
        return new DriverFactory() {
            @Override
            public String name() {
                return cluster.name();
            }

            @Override
            public EngineDriver open(DriverSetup setup) {
                return new ClusterDriver(cluster, setup);
            }
        };
    }

    FakeCluster cluster() {
        return cluster;
    }

    DriverSetup setup() {
        return setup;
    }

    @Override
    public String name() {
        return cluster.name();
    }

    @Override
    public void start() {
        watch = cluster.watch(setup.wake());
        thread.start();
    }

    @Override
    public EngineSlice slice(SliceOwner owner) {
        return new ClusterSlice(this, owner);
    }

    private void run() {
        try {
            while (!closed) {
                probeNow();
                setup.ticker().tasks().sleep(EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void probeNow() {
        var before = seen;
        var now = setup.ticker().now();
        long nanos = setup.ticker().nanos();
        try {
            cluster.ping();
            boolean turned = !before.reachable();
            seen =
                    new Seen(
                            true,
                            "",
                            now,
                            nanos,
                            true,
                            turned ? now : before.since(),
                            turned ? nanos : before.sinceNanos(),
                            null);
            if (turned) {
                setup.wakeAll().accept(Cause.ENGINE_EVENT);
            }
        } catch (PlumblineException e) {
            boolean turned = before.reachable() || before.since() == null;
            var silent = before.silentSinceNanos();
            seen =
                    new Seen(
                            false,
                            String.valueOf(e.getMessage()),
                            before.at(),
                            before.nanos(),
                            before.ever(),
                            turned ? now : before.since(),
                            turned ? nanos : before.sinceNanos(),
                            silent == null ? Long.valueOf(nanos) : silent);
            if (turned) {
                setup.wakeAll().accept(Cause.ENGINE_EVENT);
            }
        }
    }

    @Override
    public Seen seen() {
        return seen;
    }

    @Override
    public boolean stale() {
        return !seen.reachable();
    }

    @Override
    public Optional<Duration> unreachableFor() {
        var s = seen;
        var silent = s.silentSinceNanos();
        return s.away() && silent != null
                ? Optional.of(Duration.ofNanos(setup.ticker().nanos() - silent))
                : Optional.empty();
    }

    @Override
    public Optional<Duration> reachableFor() {
        var s = seen;
        return s.reachable()
                ? Optional.of(Duration.ofNanos(setup.ticker().nanos() - s.sinceNanos()))
                : Optional.empty();
    }

    @Override
    public String contested(boolean brief) {
        return "";
    }

    @Override
    public void askAgain() {
        probeNow();
    }

    @Override
    public Observation look(String pipeline) {
        return cluster.observation(cluster.of(onEngine(pipeline)));
    }

    @Override
    public Observation last(String pipeline) {
        return cluster.observation(cluster.last(onEngine(pipeline)));
    }

    /** The name that the pipeline has there; another than its own after it was renamed. */
    String onEngine(String pipeline) {
        return setup.names().of(pipeline);
    }

    @Override
    public Map<String, Usage> used() {
        var out = new TreeMap<String, Usage>();
        pipelines().forEach(p -> out.put(p, Usage.NONE));
        return out;
    }

    @Override
    public Set<String> pipelines() {
        return cluster.all().stream()
                .map(t -> setup.names().pipeline(t.pipeline))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Set<String> pipelinesOf(String repository) {
        cluster.ping();
        return cluster.all().stream()
                .filter(t -> t.repository.equals(repository))
                .map(t -> setup.names().pipeline(t.pipeline))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public boolean has(String pipeline) {
        return !cluster.last(onEngine(pipeline)).isEmpty();
    }

    @Override
    public boolean carries(String engineName, Predicate<String> repositories, boolean replicas) {
        return replicas
                && cluster.last(engineName).stream().anyMatch(t -> repositories.test(t.repository));
    }

    @Override
    public List<String> removeShared(String engineName) {
        steps.attempts(engineName).forEach(steps::remove);
        return List.of();
    }

    @Override
    public AutoCloseable logs(
            String replica, LogStart start, boolean follow, Consumer<LogLine> lines, Runnable end) {
        end.run();
        return () -> {};
    }

    @Override
    public RestartSlots restarts() {
        return restarts;
    }

    @Override
    public Optional<StepEngine> steps() {
        return Optional.of(steps);
    }

    @Override
    public Optional<FoundImage> image(String name) {
        cluster.ping();
        return Optional.empty();
    }

    @Override
    public Optional<String> registryDigest(String reference) {
        cluster.ping();
        return Optional.of("sha256:" + Releases.hex(reference));
    }

    @Override
    public Map<String, Boolean> images(String pipeline, Set<String> names) {
        var out = new TreeMap<String, Boolean>();
        names.forEach(n -> out.put(n, true));
        return out;
    }

    @Override
    public Set<String> startable(
            String pipeline,
            Map<ReleaseService, Integer> services,
            SortedMap<String, String> secrets) {
        cluster.ping();
        return services.keySet().stream()
                .map(ReleaseService::name)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public Map<String, String> specText(ReleaseService service, String pipeline) {
        return Map.of("spec", service.specHash());
    }

    @Override
    public Figures figures() {
        return new Figures(
                "1", "1", null, null, null, null, "Closed", cluster.all().size(), Usage.NONE, null);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            var open = watch;
            if (open != null) {
                open.close();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
