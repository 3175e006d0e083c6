package io.plumbline.runtime;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.retry.Retry;
import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.port.ControlResult;
import io.plumbline.port.ControlSpec;
import io.plumbline.port.Engine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import io.plumbline.port.Tasks;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An engine behind its own circuit breaker, bulkheads and retry (law 3), whose every word passes
 * the redactor (law 12). Only an engine that does not answer opens the breaker; only looking is
 * tried again here, with jitter; acting is tried again by planning again.
 *
 * <p>The engine's {@link EngineWatcher} decides whether it is away: from {@link #away} until {@link
 * #back} every call fails at once, without a byte sent. The watcher itself comes past that by
 * {@link #probing}. Before the watcher knows, the breaker opens by itself when calls go unanswered,
 * and the watcher is told to look.
 */
public final class GuardedEngine implements Engine {
    private final Engine engine;
    private final Redaction redaction;
    private final Parts parts;
    private final boolean probing;
    private volatile Runnable unanswered = () -> {};
    private volatile Runnable refused = () -> {};
    private volatile String why = "";
    private final Cuttable cuttable;

    /**
     * What one engine's guard is made of.
     *
     * @param breaker opens when calls go unanswered
     * @param calls for calls that answer at once
     * @param longCalls for calls that take as long as they are allowed to
     * @param transfers for what moves images or waits for a registry: one that hangs must not keep
     *     a stop or a health check waiting
     * @param retry for looking
     * @param tasks threads and waits of the calls
     */
    record Parts(
            CircuitBreaker breaker,
            Bulkhead calls,
            Bulkhead longCalls,
            Bulkhead transfers,
            Retry retry,
            Tasks tasks) {}

    /** Guards an engine by itself, see {@link EngineGuards#guard} for several. */
    public GuardedEngine(Engine engine, Redaction redaction) {
        this(engine, redaction, new EngineGuards().guard(engine, redaction).parts);
    }

    GuardedEngine(Engine engine, Redaction redaction, Parts parts) {
        this(engine, redaction, parts, false);
    }

    private GuardedEngine(Engine engine, Redaction redaction, Parts parts, boolean probing) {
        this.engine = engine;
        this.redaction = redaction;
        this.parts = parts;
        this.probing = probing;
        this.cuttable = new Cuttable(engine.name(), parts.tasks());
    }

    /** That engine if it is guarded, else guarded. */
    static GuardedEngine of(Engine engine) {
        return engine instanceof GuardedEngine g
                ? g
                : new GuardedEngine(engine, new Redaction(NO_SECRETS));
    }

    private static final SecretStore NO_SECRETS =
            new SecretStore() {
                @Override
                public Optional<SecretValue> read(String name) {
                    return Optional.empty();
                }

                @Override
                public String whereabouts(String name) {
                    return "nowhere";
                }
            };

    /**
     * The same engine for its watcher alone: neither breaker nor bulkhead stands in the way, what
     * comes of the calls is for the watcher to judge.
     */
    Engine probing() {
        return new GuardedEngine(engine, redaction, parts, true);
    }

    /**
     * From now on every call fails at once, and so do those under way, but for pulls; the watcher
     * found that it does not answer.
     */
    void away(String reason) {
        why = reason;
        var breaker = parts.breaker();
        if (breaker.getState() != CircuitBreaker.State.FORCED_OPEN) {
            breaker.transitionToForcedOpenState();
        }
        cuttable.cutAll(refusal());
    }

    /** The watcher found that it answers. */
    void back() {
        why = "";
        var breaker = parts.breaker();
        if (breaker.getState() != CircuitBreaker.State.CLOSED) {
            breaker.transitionToClosedState();
        }
    }

    /** Is called, on the caller's thread, when a call went unanswered; must not block. */
    void whenUnanswered(Runnable action) {
        unanswered = action;
    }

    /** Is called, on the caller's thread, when a call was refused unsent; must not block. */
    void whenRefused(Runnable action) {
        refused = action;
    }

    /** The breaker's state: {@code Closed}, {@code Open} or {@code HalfOpen}. */
    public String breaker() {
        return switch (parts.breaker().getState()) {
            case CLOSED, DISABLED, METRICS_ONLY -> "Closed";
            case OPEN, FORCED_OPEN -> "Open";
            case HALF_OPEN -> "HalfOpen";
        };
    }

    private <T> T look(Supplier<T> call) {
        return guarded(parts.calls(), () -> retried(call));
    }

    private <T> T retried(Supplier<T> call) {
        var context = parts.retry().<T>asyncContext();
        while (true) {
            try {
                var answer = call.get();
                context.onComplete();
                return answer;
            } catch (RuntimeException e) {
                long wait = context.onError(e);
                if (wait < 0) {
                    throw e;
                }
                rest(wait, e);
            }
        }
    }

    private void rest(long millis, RuntimeException failure) {
        try {
            parts.tasks().sleep(Duration.ofMillis(millis));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    /** Of a call that is worth nothing once the engine is away. */
    private <T> T guarded(Bulkhead bulkhead, Supplier<T> call) {
        return probing ? passed(bulkhead, call) : passed(bulkhead, () -> cuttable.call(call));
    }

    private void act(Runnable call) {
        act(parts.calls(), call);
    }

    private void act(Bulkhead bulkhead, Runnable call) {
        guarded(
                bulkhead,
                () -> {
                    call.run();
                    return true;
                });
    }

    private <T> T guarded(Supplier<T> call) {
        return guarded(parts.calls(), call);
    }

    private <T> T passed(Bulkhead bulkhead, Supplier<T> call) {
        try {
            return probing
                    ? call.get()
                    : bulkhead.executeSupplier(() -> parts.breaker().executeSupplier(call));
        } catch (PlumblineException e) {
            if (!probing && EngineGuards.unreachable(e)) {
                unanswered.run();
            }
            throw clean(e);
        } catch (CallNotPermittedException e) {
            refused.run();
            throw new PlumblineException(FailureKind.UNREACHABLE, refusal(), e);
        } catch (BulkheadFullException e) {
            throw full(bulkhead, e);
        }
    }

    /** Calls that pile up say that the engine does not answer; pulls, that a registry does not. */
    private PlumblineException full(Bulkhead bulkhead, BulkheadFullException e) {
        int most = bulkhead.getBulkheadConfig().getMaxConcurrentCalls();
        return bulkhead.equals(parts.transfers())
                ? new PlumblineException(
                        FailureKind.TRANSIENT,
                        "engine "
                                + name()
                                + " is busy with "
                                + most
                                + " pulls and copies of images; it is tried again",
                        e)
                : new PlumblineException(
                        FailureKind.UNREACHABLE,
                        "engine "
                                + name()
                                + " has not answered "
                                + most
                                + " calls that wait for it",
                        e);
    }

    private String refusal() {
        var known = why;
        return "engine "
                + name()
                + (known.isEmpty() ? " did not answer lately" : " is away (" + known + ")")
                + "; it is asked again in a moment";
    }

    private PlumblineException clean(PlumblineException e) {
        var message = String.valueOf(e.getMessage());
        var shown = redaction.redact(message);
        return shown.equals(message) ? e : new PlumblineException(e.kind(), shown);
    }

    private LiveContainer clean(LiveContainer c) {
        var error = redaction.redact(c.error());
        var check = c.lastCheck();
        var output = check == null ? "" : redaction.redact(check.output());
        boolean same = error.equals(c.error()) && (check == null || output.equals(check.output()));
        return same ? c : c.saying(error, check == null ? null : check.saying(output));
    }

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public void ping() {
        look(
                () -> {
                    engine.ping();
                    return true;
                });
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
        return guarded(parts.transfers(), () -> engine.registryDigest(reference));
    }

    @Override
    public void pull(String image, Duration deadline, Consumer<String> progress) {
        passed(
                parts.transfers(),
                () -> {
                    engine.pull(image, deadline, line -> progress.accept(redaction.redact(line)));
                    return true;
                });
    }

    @Override
    public InputStream save(String image, Duration deadline) {
        return cuttable.reading(guarded(parts.transfers(), () -> engine.save(image, deadline)));
    }

    @Override
    public void load(InputStream image, Duration deadline, Consumer<String> progress) {
        act(
                parts.transfers(),
                () ->
                        engine.load(
                                image, deadline, line -> progress.accept(redaction.redact(line))));
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
        act(parts.longCalls(), () -> engine.stop(containerId, grace));
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
        return guarded(parts.longCalls(), () -> engine.exec(containerId, command, deadline));
    }

    @Override
    public ControlResult control(ControlSpec spec) {
        var result = guarded(parts.longCalls(), () -> engine.control(spec));
        return new ControlResult(result.outcome(), redaction.redact(result.text()));
    }

    @Override
    public AutoCloseable logs(
            String containerId, int tail, boolean follow, Consumer<String> lines, Runnable end) {
        return passed(
                parts.calls(),
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
        return passed(
                parts.calls(),
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
