package io.plumbline.adapter.metrics;

import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRetryMetrics;
import io.github.resilience4j.retry.RetryRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of the loops, for Prometheus. Names and labels are fixed. Engines and repositories
 * are those of the configuration and have their series from the start. Labels are bounded: the
 * 501st pipeline and all after it share the label {@code other}.
 */
public final class PrometheusTelemetry implements Telemetry, AutoCloseable {
    private static final int MOST_PIPELINES = 500;
    private static final int MOST_WORDS = 50;
    private static final String OTHER = "other";
    private static final Duration[] SECONDS = {
        Duration.ofMillis(50),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(2),
        Duration.ofMinutes(5),
        Duration.ofMinutes(10),
        Duration.ofMinutes(30),
        Duration.ofHours(1)
    };
    private static final Duration[] MILLIS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30)
    };

    private static final EngineFigures UNKNOWN =
            new EngineFigures(
                    Double.NaN,
                    Double.NaN,
                    Double.NaN,
                    Double.NaN,
                    Double.NaN,
                    Double.NaN,
                    Double.NaN);

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final PipelineStandings standings = new PipelineStandings(registry);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final Ticker ticker;
    private final Map<String, EngineSeries> engines = new ConcurrentHashMap<>();
    private final Map<String, AtomicReference<Double>> repositories = new ConcurrentHashMap<>();
    private final Set<String> pipelines = ConcurrentHashMap.newKeySet();
    private final Set<String> words = ConcurrentHashMap.newKeySet();
    private final AtomicLong certificateUntil = new AtomicLong();
    private final Timer commitToHealthy;
    private final Timer reconcile;

    /** The values of one engine; the loops write them, a scrape reads them. */
    private static final class EngineSeries {
        volatile boolean up;
        volatile boolean contested;
        volatile boolean seen;
        volatile long observedNanos;
        volatile EngineFigures figures = UNKNOWN;
        volatile double certificateUntil = Double.NaN;
    }

    /**
     * Registers all series that are known at the start.
     *
     * @param ticker the clock for the age of observations
     * @param engines names in the configuration
     * @param repositories names in the configuration
     */
    public PrometheusTelemetry(
            Ticker ticker, Collection<String> engines, Collection<String> repositories) {
        this.ticker = ticker;
        this.commitToHealthy =
                histogram(
                                "plumbline.commit.to.healthy",
                                "From a commit being seen to all services healthy",
                                SECONDS)
                        .register(registry);
        this.reconcile =
                histogram("plumbline.reconcile", "One reconcile of a pipeline", MILLIS)
                        .register(registry);
        engines.forEach(this::registerEngine);
        repositories.forEach(
                repository -> {
                    fetch(repository);
                    fetchFailures(repository);
                    repositoryUp(repository);
                    for (var outcome : new String[] {"accepted", "duplicate", "ping", "refused"}) {
                        webhooks(repository, outcome);
                    }
                });
        for (var cause : new String[] {"operator", "failure"}) {
            rollbacks(cause);
            rollback(cause);
        }
        bindProcess();
    }

    private void bindProcess() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gc.bindTo(registry);
    }

    /** Returns the page of a scrape, in Prometheus' text format. */
    public String scrape() {
        return registry.scrape();
    }

    /** Sets the expiry of the listener's certificate; called again when it changes. */
    public void certificateExpires(Instant until) {
        if (certificateUntil.getAndSet(until.getEpochSecond()) == 0) {
            Gauge.builder(
                            "plumbline.tls.certificate.not.after",
                            certificateUntil,
                            AtomicLong::doubleValue)
                    .description("When the listener's certificate expires, in Unix time")
                    .baseUnit("seconds")
                    .register(registry);
        }
    }

    /** Registers whether the ledger can be written; called at each scrape. */
    public void ledger(BooleanSupplier writable) {
        Gauge.builder("plumbline.ledger.writable", writable, w -> w.getAsBoolean() ? 1 : 0)
                .description("Whether the agent can write its record in the state folder")
                .strongReference(true)
                .register(registry);
    }

    /** Returns the registry for other meters: breakers, bulkheads. */
    public MeterRegistry registry() {
        return registry;
    }

    @Override
    public void deploymentFinished(String pipeline, String outcome) {
        Counter.builder("plumbline.deployments")
                .description("Deployments that ended, by outcome")
                .tag("pipeline", pipelineLabel(pipeline))
                .tag("outcome", wordLabel(outcome))
                .register(registry)
                .increment();
    }

    @Override
    public void stage(String stage, Duration took) {
        histogram("plumbline.stage", "A stage of the way from a commit to healthy", SECONDS)
                .tag("stage", wordLabel(stage))
                .register(registry)
                .record(took);
    }

    @Override
    public void commitToHealthy(Duration took) {
        commitToHealthy.record(took);
    }

    @Override
    public void driftDetected(String pipeline) {
        drift("plumbline.drift.detected", "Fields found to differ", pipeline).increment();
    }

    @Override
    public void driftRepaired(String pipeline) {
        drift("plumbline.drift.repaired", "Fields that were repaired", pipeline).increment();
    }

    @Override
    public void rollbackFinished(String cause, Duration took) {
        var label = wordLabel(cause);
        rollbacks(label).increment();
        rollback(label).record(took);
    }

    @Override
    public void fetched(String repository, Duration took, boolean failed) {
        fetch(repository).record(took);
        if (failed) {
            fetchFailures(repository).increment();
        }
    }

    @Override
    public void repositoryUp(String repository, boolean up) {
        repositoryUp(repository).set(up ? 1.0 : 0.0);
    }

    private AtomicReference<Double> repositoryUp(String repository) {
        return repositories.computeIfAbsent(
                repository,
                name -> {
                    var up = new AtomicReference<>(Double.NaN);
                    Gauge.builder("plumbline.repository.up", up, AtomicReference::get)
                            .description(
                                    "Whether the last look read all of the head; NaN before it")
                            .tag("repository", name)
                            .strongReference(true)
                            .register(registry);
                    return up;
                });
    }

    @Override
    public void engineUp(String engine, boolean up) {
        registerEngine(engine).up = up;
    }

    @Override
    public void engineContested(String engine, boolean contested) {
        registerEngine(engine).contested = contested;
    }

    @Override
    public void engineRefused(String engine) {
        refused(engine).increment();
    }

    @Override
    public void observed(String engine) {
        var series = registerEngine(engine);
        series.observedNanos = ticker.nanos();
        series.seen = true;
    }

    @Override
    public void engineFigures(String engine, EngineFigures figures) {
        registerEngine(engine).figures = figures;
    }

    @Override
    public void engineCertificate(String engine, Instant until) {
        registerEngine(engine).certificateUntil = until.getEpochSecond();
    }

    /**
     * Binds the guards of the engines, present and future ones: the meters {@code resilience4j.*},
     * labelled with the engine's name.
     */
    public void guards(
            CircuitBreakerRegistry breakers, BulkheadRegistry bulkheads, RetryRegistry retries) {
        TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(registry);
        TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(registry);
        TaggedRetryMetrics.ofRetryRegistry(retries).bindTo(registry);
    }

    @Override
    public void pipelineStands(PipelineStatus status) {
        standings.show(status);
    }

    @Override
    public void pipelineGone(String pipeline) {
        standings.forget(pipeline);
    }

    @Override
    public void reconciled(String pipeline, Duration took) {
        reconcile.record(took);
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }

    @Override
    public void webhook(String repository, String outcome) {
        webhooks(repository, outcome).increment();
    }

    private Counter webhooks(String repository, String outcome) {
        return Counter.builder("plumbline.webhook.deliveries")
                .description("Webhook deliveries, by their result")
                .tag("repository", repository)
                .tag("outcome", outcome)
                .register(registry);
    }

    private EngineSeries registerEngine(String engine) {
        return engines.computeIfAbsent(
                engine,
                name -> {
                    var series = new EngineSeries();
                    Gauge.builder("plumbline.engine.up", series, s -> s.up ? 1 : 0)
                            .description("Whether the engine answers")
                            .tag("engine", name)
                            .strongReference(true)
                            .register(registry);
                    Gauge.builder("plumbline.observation.age", series, this::age)
                            .description("Since the last complete observation; NaN before it")
                            .baseUnit("seconds")
                            .tag("engine", name)
                            .strongReference(true)
                            .register(registry);
                    figures(name, series);
                    refused(name);
                    return series;
                });
    }

    private void figures(String engine, EngineSeries series) {
        engineGauge(
                        "contested",
                        "",
                        "Whether another agent of the same name works there",
                        engine,
                        series)
                .accept(s -> s.contested ? 1 : 0);
        engineGauge("latency", "seconds", "Median of the last list calls", engine, series)
                .accept(s -> s.figures.latency());
        engineGauge("clock.skew", "seconds", "The engine's clock less ours", engine, series)
                .accept(s -> s.figures.clockSkew());
        engineGauge("cpus", "", "CPUs of the engine's host", engine, series)
                .accept(s -> s.figures.cpus());
        engineGauge("memory", "bytes", "Memory of the engine's host", engine, series)
                .accept(s -> s.figures.memory());
        engineGauge("used.cpus", "", "CPU limits of our running containers", engine, series)
                .accept(s -> s.figures.usedCpus());
        engineGauge("used.memory", "bytes", "Memory limits of those", engine, series)
                .accept(s -> s.figures.usedMemory());
        engineGauge("containers", "", "Our running containers", engine, series)
                .accept(s -> s.figures.containers());
        engineGauge(
                        "certificate.not.after",
                        "seconds",
                        "When the first of the certificates, ours or the engine's, expires, in Unix"
                                + " time",
                        engine,
                        series)
                .accept(s -> s.certificateUntil);
    }

    private Consumer<ToDoubleFunction<EngineSeries>> engineGauge(
            String name, String unit, String description, String engine, EngineSeries series) {
        return value -> {
            var gauge =
                    Gauge.builder("plumbline.engine." + name, series, value)
                            .description(description)
                            .tag("engine", engine)
                            .strongReference(true);
            (unit.isEmpty() ? gauge : gauge.baseUnit(unit)).register(registry);
        };
    }

    private double age(EngineSeries series) {
        return series.seen ? (ticker.nanos() - series.observedNanos) / 1e9 : Double.NaN;
    }

    private Counter drift(String name, String description, String pipeline) {
        return Counter.builder(name)
                .description(description)
                .tag("pipeline", pipelineLabel(pipeline))
                .register(registry);
    }

    private Counter refused(String engine) {
        return Counter.builder("plumbline.engine.refused.calls")
                .description("Calls that were refused at once, as the engine is unreachable")
                .tag("engine", engine)
                .register(registry);
    }

    private Counter rollbacks(String cause) {
        return Counter.builder("plumbline.rollbacks")
                .description("Rollbacks and reverts that ended")
                .tag("cause", cause)
                .register(registry);
    }

    private Timer rollback(String cause) {
        return histogram("plumbline.rollback", "How long rollbacks and reverts took", SECONDS)
                .tag("cause", cause)
                .register(registry);
    }

    private Timer fetch(String repository) {
        return histogram("plumbline.git.fetch", "Fetches of a repository", SECONDS)
                .tag("repository", repository)
                .register(registry);
    }

    private Counter fetchFailures(String repository) {
        return Counter.builder("plumbline.git.fetch.failures")
                .description("Fetches that failed")
                .tag("repository", repository)
                .register(registry);
    }

    private static Timer.Builder histogram(String name, String description, Duration[] buckets) {
        return Timer.builder(name).description(description).serviceLevelObjectives(buckets);
    }

    private String pipelineLabel(String pipeline) {
        return bounded(pipelines, pipeline, MOST_PIPELINES);
    }

    private String wordLabel(String word) {
        return bounded(words, word, MOST_WORDS);
    }

    private static String bounded(Set<String> known, String value, int most) {
        if (known.contains(value)) {
            return value;
        }
        if (known.size() >= most) {
            return OTHER;
        }
        known.add(value);
        return value;
    }
}
