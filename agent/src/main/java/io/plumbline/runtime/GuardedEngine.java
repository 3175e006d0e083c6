package io.plumbline.runtime;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.port.Engine;
import io.plumbline.port.PlumblineException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An engine behind its own circuit breaker, bulkhead and retry (law 3), whose every word passes the
 * redactor (law 12). Only an engine that does not answer opens the breaker; only looking is tried
 * again here, acting is tried again by planning again.
 */
public final class GuardedEngine implements Engine {
    private final Engine engine;
    private final Redaction redaction;
    private final CircuitBreaker breaker;
    private final Bulkhead bulkhead;
    private final Retry retry;

    /** Guards an engine. */
    public GuardedEngine(Engine engine, Redaction redaction) {
        this.engine = engine;
        this.redaction = redaction;
        this.breaker =
                CircuitBreaker.of(
                        engine.name(),
                        CircuitBreakerConfig.custom()
                                .slidingWindowSize(8)
                                .minimumNumberOfCalls(4)
                                .failureRateThreshold(75)
                                .waitDurationInOpenState(Duration.ofSeconds(2))
                                .permittedNumberOfCallsInHalfOpenState(1)
                                .recordException(GuardedEngine::unreachable)
                                .build());
        this.bulkhead =
                Bulkhead.of(
                        engine.name(),
                        BulkheadConfig.custom()
                                .maxConcurrentCalls(32)
                                .maxWaitDuration(Duration.ofSeconds(30))
                                .build());
        this.retry =
                Retry.of(
                        engine.name(),
                        RetryConfig.custom()
                                .maxAttempts(2)
                                .waitDuration(Duration.ofMillis(100))
                                .retryOnException(
                                        e ->
                                                e instanceof PlumblineException p
                                                        && p.kind() == FailureKind.TRANSIENT)
                                .build());
    }

    private static boolean unreachable(Throwable e) {
        return e instanceof PlumblineException p && p.kind() == FailureKind.UNREACHABLE;
    }

    private <T> T look(Supplier<T> call) {
        return guarded(Retry.decorateSupplier(retry, call));
    }

    private void act(Runnable call) {
        guarded(
                () -> {
                    call.run();
                    return true;
                });
    }

    private <T> T guarded(Supplier<T> call) {
        try {
            return bulkhead.executeSupplier(() -> breaker.executeSupplier(call));
        } catch (PlumblineException e) {
            throw clean(e);
        } catch (CallNotPermittedException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    "engine " + name() + " did not answer lately; it is asked again in a moment",
                    e);
        } catch (BulkheadFullException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    "engine " + name() + " has not answered 32 calls that wait for it",
                    e);
        }
    }

    private PlumblineException clean(PlumblineException e) {
        var message = String.valueOf(e.getMessage());
        var shown = redaction.redact(message);
        return shown.equals(message) ? e : new PlumblineException(e.kind(), shown);
    }

    private LiveContainer clean(LiveContainer c) {
        var error = redaction.redact(c.error());
        return error.equals(c.error())
                ? c
                : new LiveContainer(
                        c.id(),
                        c.name(),
                        c.labels(),
                        c.state(),
                        c.health(),
                        c.exitCode(),
                        c.oomKilled(),
                        error,
                        c.restartCount(),
                        c.createdAt(),
                        c.startedAt(),
                        c.finishedAt(),
                        c.config(),
                        c.networks());
    }

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public Info info() {
        return look(engine::info);
    }

    @Override
    public List<Listed> list(String agent) {
        return look(() -> engine.list(agent));
    }

    @Override
    public List<String> containerNames() {
        return look(engine::containerNames);
    }

    @Override
    public Optional<LiveContainer> inspect(String containerId) {
        return look(() -> engine.inspect(containerId)).map(this::clean);
    }

    @Override
    public List<LiveNetwork> networks() {
        return look(engine::networks);
    }

    @Override
    public List<LiveVolume> volumes() {
        return look(engine::volumes);
    }

    @Override
    public Optional<LiveImage> image(String name) {
        return look(() -> engine.image(name));
    }

    @Override
    public Optional<String> registryDigest(String reference) {
        return guarded(() -> engine.registryDigest(reference));
    }

    @Override
    public void pull(String image, Duration deadline, Consumer<String> progress) {
        act(() -> engine.pull(image, deadline, line -> progress.accept(redaction.redact(line))));
    }

    @Override
    public InputStream save(String image, Duration deadline) {
        return guarded(() -> engine.save(image, deadline));
    }

    @Override
    public void load(InputStream image, Duration deadline, Consumer<String> progress) {
        act(() -> engine.load(image, deadline, line -> progress.accept(redaction.redact(line))));
    }

    @Override
    public Certificates certificates() {
        return engine.certificates();
    }

    @Override
    public String createNetwork(String name, SortedMap<String, String> labels) {
        return guarded(() -> engine.createNetwork(name, labels));
    }

    @Override
    public void removeNetwork(String networkId) {
        act(() -> engine.removeNetwork(networkId));
    }

    @Override
    public void createVolume(String name, SortedMap<String, String> labels) {
        act(() -> engine.createVolume(name, labels));
    }

    @Override
    public String create(NewContainer container) {
        return guarded(() -> engine.create(container));
    }

    @Override
    public void copy(String containerId, List<FileContent> files, boolean probe) {
        act(() -> engine.copy(containerId, files, probe));
    }

    @Override
    public void start(String containerId) {
        act(() -> engine.start(containerId));
    }

    @Override
    public void stop(String containerId, Duration grace) {
        act(() -> engine.stop(containerId, grace));
    }

    @Override
    public void remove(String containerId) {
        act(() -> engine.remove(containerId));
    }

    @Override
    public void rename(String containerId, String name) {
        act(() -> engine.rename(containerId, name));
    }

    @Override
    public void unpause(String containerId) {
        act(() -> engine.unpause(containerId));
    }

    @Override
    public void update(String containerId, long memory, long nanoCpus, String restart) {
        act(() -> engine.update(containerId, memory, nanoCpus, restart));
    }

    @Override
    public void connect(String containerId, String networkId, List<String> aliases) {
        act(() -> engine.connect(containerId, networkId, aliases));
    }

    @Override
    public void disconnect(String containerId, String networkId) {
        act(() -> engine.disconnect(containerId, networkId));
    }

    @Override
    public int exec(String containerId, List<String> command, Duration deadline) {
        return guarded(() -> engine.exec(containerId, command, deadline));
    }

    @Override
    public AutoCloseable logs(
            String containerId, int tail, boolean follow, Consumer<String> lines, Runnable end) {
        return guarded(
                () ->
                        engine.logs(
                                containerId,
                                tail,
                                follow,
                                line -> lines.accept(redaction.redact(line)),
                                end));
    }

    @Override
    public AutoCloseable events(
            String agent, long sinceNanos, Consumer<EngineEvent> events, Consumer<String> closed) {
        return guarded(
                () ->
                        engine.events(
                                agent,
                                sinceNanos,
                                events,
                                reason -> closed.accept(redaction.redact(reason))));
    }

    @Override
    public void close() {
        engine.close();
    }
}
