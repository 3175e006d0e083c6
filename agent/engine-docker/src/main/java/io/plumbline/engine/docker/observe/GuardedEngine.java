package io.plumbline.engine.docker.observe;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.observe.UnresponsiveObjects.Subject;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.secrets.Redaction;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An engine behind its own circuit breaker, bulkheads and retry (invariant 3). A call:
 *
 * <ol>
 *   <li>is refused if it changes the engine and another agent works there, or if it is about an
 *       object (a container, an image, a network, a volume) that did not answer and whose next try
 *       is not due ({@link UnresponsiveObjects});
 *   <li>takes a permit of its bulkhead, which it holds only for a while: a call that waits longer
 *       costs the engine nothing and delays no others;
 *   <li>passes the breaker, or fails at once, without a byte sent;
 *   <li>is made. An observation is retried, with jitter; an action is repeated by the next plan.
 *       All calls except pulls and open streams end when the engine becomes unreachable;
 *   <li>if it got no answer, is followed by a ping, unless it asked for the whole engine. If the
 *       ping is answered, the call fails with {@code UNRESPONSIVE} and its object is left alone.
 *       Else it counts for the breaker, and the watcher is asked to look;
 *   <li>returns text that has passed the redactor (invariant 12).
 * </ol>
 *
 * <p>The engine's {@link EngineWatcher} decides whether the engine is unreachable. From {@link
 * #away} until {@link #back}, the breaker is open. The watcher itself uses {@link #probing}, which
 * skips breaker and bulkhead. Before the watcher knows, the breaker opens by itself.
 */
public final class GuardedEngine implements EngineClient {
    private static final Duration FOR_EVER = Duration.ofDays(1);

    private final EngineClient engine;
    private final RedactedAnswers redacted;
    private final EngineGuards.Parts parts;
    private final boolean probing;
    private volatile Runnable unanswered = () -> {};
    private volatile Runnable refused = () -> {};
    private volatile Consumer<Subject> unresponsive = _ -> {};
    private volatile String why = "";
    private volatile String contested = "";
    private final Cuttable cuttable;

    /** Guards a single engine; see {@link EngineGuards#guard} for several. */
    public GuardedEngine(EngineClient engine, Redaction redaction) {
        this(engine, redaction, new EngineGuards().guard(engine, redaction).parts);
    }

    GuardedEngine(EngineClient engine, Redaction redaction, EngineGuards.Parts parts) {
        this(engine, new RedactedAnswers(redaction), parts, false);
    }

    private GuardedEngine(
            EngineClient engine,
            RedactedAnswers redacted,
            EngineGuards.Parts parts,
            boolean probing) {
        this.engine = engine;
        this.redacted = redacted;
        this.parts = parts;
        this.probing = probing;
        this.cuttable = new Cuttable(engine.name(), parts.tasks());
    }

    /** Returns the engine itself if it is guarded, else a guard around it. */
    static GuardedEngine of(EngineClient engine) {
        return engine instanceof GuardedEngine g
                ? g
                : new GuardedEngine(engine, Redaction.withoutSecrets());
    }

    /**
     * Returns the same engine without breaker and bulkhead, for its watcher only. The watcher
     * judges the results.
     */
    EngineClient probing() {
        return new GuardedEngine(engine, redacted, parts, true);
    }

    /**
     * Makes every call fail at once, because the watcher found that the engine does not answer.
     * Calls in progress fail, too, except pulls and open streams.
     */
    void away(String reason) {
        why = reason;
        var breaker = parts.breaker();
        if (breaker.getState() != CircuitBreaker.State.FORCED_OPEN) {
            breaker.transitionToForcedOpenState();
        }
        cuttable.cutAll(refusal());
    }

    /** Allows calls again, because the watcher found that the engine answers. */
    void back() {
        why = "";
        var breaker = parts.breaker();
        if (breaker.getState() != CircuitBreaker.State.CLOSED) {
            breaker.transitionToClosedState();
        }
    }

    /**
     * Refuses calls that change the engine, because another agent works there; an empty reason
     * allows them again.
     */
    void contested(String reason) {
        contested = reason;
    }

    private void refuseContested() {
        var reason = contested;
        if (!probing && !reason.isEmpty()) {
            throw EngineStanding.unreachable(reason);
        }
    }

    /**
     * Sets an action that runs on the caller's thread when a call got no answer; it must not block.
     */
    void whenUnanswered(Runnable action) {
        unanswered = action;
    }

    /**
     * Sets an action that gets an object that did not answer a call though the engine does; it must
     * not block.
     */
    void whenUnresponsive(Consumer<Subject> action) {
        unresponsive = action;
    }

    /** Returns the objects that do not answer. */
    UnresponsiveObjects unresponsive() {
        return parts.silent();
    }

    /**
     * Sets an action that runs on the caller's thread when a call was refused unsent; it must not
     * block.
     */
    void whenRefused(Runnable action) {
        refused = action;
    }

    /** Returns the breaker's state: {@code Closed}, {@code Open} or {@code HalfOpen}. */
    public String breaker() {
        return switch (parts.breaker().getState()) {
            case CLOSED, DISABLED, METRICS_ONLY -> "Closed";
            case OPEN, FORCED_OPEN -> "Open";
            case HALF_OPEN -> "HalfOpen";
        };
    }

    /** Makes a call that shows whether the engine answers. */
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

    /** Makes a call that is useless once the engine is unreachable. */
    private <T> T guarded(Bulkhead bulkhead, Supplier<T> call) {
        if (probing) {
            return passed(call);
        }
        try {
            bulkhead.acquirePermission();
        } catch (BulkheadFullException e) {
            throw full(bulkhead, e);
        }
        var held = new AtomicBoolean(true);
        Runnable giveBack =
                () -> {
                    if (held.getAndSet(false)) {
                        bulkhead.onComplete();
                    }
                };
        var lease = bulkhead.equals(parts.transfers()) ? FOR_EVER : parts.lease();
        try {
            return passed(() -> cuttable.call(call, lease, giveBack));
        } finally {
            giveBack.run();
        }
    }

    /** Makes a call about one object. It is refused as long as the object is left alone. */
    private <T> T object(Subject subject, String what, Bulkhead bulkhead, Supplier<T> call) {
        var silence = parts.silent().of(subject);
        if (!probing && silence.isPresent() && parts.silent().leaveAlone(subject)) {
            throw new PlumblineException(
                    FailureKind.UNRESPONSIVE,
                    UnresponsiveObjects.sentence(
                                    name(), UnresponsiveObjects.shown(subject), silence.get())
                            + "; it is asked again in a while");
        }
        return guarded(bulkhead, () -> confirmed(subject, what, call));
    }

    private void actOn(String containerId, String what, Runnable call) {
        actOn(parts.calls(), containerId, what, call);
    }

    private void actOn(Bulkhead bulkhead, String containerId, String what, Runnable call) {
        refuseContested();
        object(
                Subject.container(containerId),
                what,
                bulkhead,
                () -> {
                    call.run();
                    return true;
                });
    }

    private <T> T confirmed(Subject subject, String what, Supplier<T> call) {
        T answer;
        try {
            answer = confirmed(call);
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.UNRESPONSIVE && !probing) {
                parts.silent().unanswered(subject, what, "");
                unresponsive.accept(subject);
            }
            throw e;
        }
        parts.silent().answered(subject, what);
        return answer;
    }

    /** Distinguishes an object that does not answer from an engine that does not, by a ping. */
    private <T> T confirmed(Supplier<T> call) {
        try {
            return call.get();
        } catch (PlumblineException e) {
            if (!EngineGuards.unreachable(e) || !answers()) {
                throw e;
            }
            throw new PlumblineException(
                    FailureKind.UNRESPONSIVE, e.getMessage() + "; the engine itself answers", e);
        }
    }

    private boolean answers() {
        try {
            engine.ping();
            return true;
        } catch (PlumblineException e) {
            return false;
        }
    }

    private void act(Runnable call) {
        act(parts.calls(), call);
    }

    private void act(Bulkhead bulkhead, Runnable call) {
        refuseContested();
        guarded(
                bulkhead,
                () ->
                        confirmed(
                                () -> {
                                    call.run();
                                    return true;
                                }));
    }

    private <T> T guarded(Supplier<T> call) {
        refuseContested();
        return guarded(parts.calls(), () -> confirmed(call));
    }

    /** Makes a call that goes on when the engine becomes unreachable: a pull or a stream. */
    private <T> T lasting(Bulkhead bulkhead, Supplier<T> call) {
        if (probing) {
            return passed(call);
        }
        try {
            return bulkhead.executeSupplier(() -> passed(() -> confirmed(call)));
        } catch (BulkheadFullException e) {
            throw full(bulkhead, e);
        }
    }

    private <T> T passed(Supplier<T> call) {
        try {
            return probing ? call.get() : parts.breaker().executeSupplier(call);
        } catch (PlumblineException e) {
            if (!probing && EngineGuards.unreachable(e)) {
                unanswered.run();
            }
            throw redacted.of(e);
        } catch (CallNotPermittedException e) {
            refused.run();
            throw new PlumblineException(FailureKind.UNREACHABLE, refusal(), e);
        }
    }

    /**
     * Reports that too many calls wait. The watcher finds out whether the engine answers at all.
     */
    private PlumblineException full(Bulkhead bulkhead, BulkheadFullException e) {
        unanswered.run();
        return parts.busy(name(), bulkhead, e);
    }

    private String refusal() {
        var known = why;
        return "engine "
                + name()
                + (known.isEmpty() ? " did not answer lately" : " is unreachable (" + known + ")")
                + "; it is asked again in a moment";
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
    public List<Listed> list(String agent, String pipeline) {
        return look(() -> engine.list(agent, pipeline));
    }

    @Override
    public List<String> containerNames() {
        return look(engine::containerNames);
    }

    @Override
    public Optional<LiveContainer> inspect(String containerId) {
        return object(
                        Subject.container(containerId),
                        "inspect",
                        parts.calls(),
                        () -> retried(() -> engine.inspect(containerId)))
                .map(redacted::of);
    }

    @Override
    public List<LiveNetwork> networks() {
        return object(Subject.NETWORKS, "list", parts.calls(), () -> retried(engine::networks));
    }

    @Override
    public List<LiveVolume> volumes() {
        return object(Subject.VOLUMES, "list", parts.calls(), () -> retried(engine::volumes));
    }

    @Override
    public Optional<LiveImage> image(String name) {
        return object(
                Subject.image(name),
                "inspect",
                parts.calls(),
                () -> retried(() -> engine.image(name)));
    }

    @Override
    public Optional<String> registryDigest(String reference) {
        return guarded(parts.transfers(), () -> confirmed(() -> engine.registryDigest(reference)));
    }

    @Override
    public void pull(String image, Duration deadline, Consumer<String> progress) {
        lasting(
                parts.transfers(),
                () -> {
                    engine.pull(image, deadline, redacted.text(progress));
                    return true;
                });
    }

    @Override
    public InputStream save(String image, Duration deadline) {
        return cuttable.reading(
                guarded(parts.transfers(), () -> confirmed(() -> engine.save(image, deadline))));
    }

    @Override
    public void load(InputStream image, Duration deadline, Consumer<String> progress) {
        act(parts.transfers(), () -> engine.load(image, deadline, redacted.text(progress)));
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
    public void removeVolume(String name) {
        act(() -> engine.removeVolume(name));
    }

    @Override
    public String create(NewContainer container) {
        return guarded(() -> engine.create(container));
    }

    @Override
    public void copy(String containerId, List<FileContent> files, boolean probe) {
        var subject = Subject.container(containerId);
        parts.silent().busy(subject);
        try {
            actOn(containerId, "copy", () -> engine.copy(containerId, files, probe));
        } finally {
            parts.silent().idle(subject);
        }
    }

    @Override
    public void start(String containerId) {
        actOn(containerId, "start", () -> engine.start(containerId));
    }

    @Override
    public void stop(String containerId, Duration grace) {
        actOn(containerId, "stop", () -> engine.stop(containerId, grace));
    }

    @Override
    public void remove(String containerId) {
        actOn(containerId, "remove", () -> engine.remove(containerId));
    }

    @Override
    public void rename(String containerId, String name) {
        actOn(containerId, "rename", () -> engine.rename(containerId, name));
    }

    @Override
    public void unpause(String containerId) {
        actOn(containerId, "unpause", () -> engine.unpause(containerId));
    }

    @Override
    public void update(String containerId, long memory, long nanoCpus, String restart) {
        actOn(containerId, "update", () -> engine.update(containerId, memory, nanoCpus, restart));
    }

    @Override
    public void connect(String containerId, String networkId, List<String> aliases) {
        actOn(containerId, "connect", () -> engine.connect(containerId, networkId, aliases));
    }

    @Override
    public void disconnect(String containerId, String networkId) {
        actOn(containerId, "disconnect", () -> engine.disconnect(containerId, networkId));
    }

    @Override
    public InputStream archive(String containerId, String path) {
        return cuttable.reading(
                object(
                        Subject.container(containerId),
                        "archive",
                        parts.calls(),
                        () -> engine.archive(containerId, path)));
    }

    /**
     * Waits without a permit of a bulkhead and without the breaker, which would count the wait as
     * its trial. It ends when the engine becomes unreachable.
     */
    @Override
    public boolean await(String containerId, Duration atMost) {
        if (!probing && breaker().equals("Open")) {
            refused.run();
            throw new PlumblineException(FailureKind.UNREACHABLE, refusal());
        }
        try {
            return cuttable.call(() -> engine.await(containerId, atMost), FOR_EVER, () -> {});
        } catch (PlumblineException e) {
            if (!probing && EngineGuards.unreachable(e)) {
                unanswered.run();
            }
            throw redacted.of(e);
        }
    }

    @Override
    public CommandResult exec(String containerId, List<String> command, Duration deadline) {
        return redacted.of(
                object(
                        Subject.container(containerId),
                        "exec",
                        parts.longCalls(),
                        () -> engine.exec(containerId, command, deadline)));
    }

    @Override
    public ControlResult control(ControlSpec spec) {
        return redacted.of(guarded(parts.longCalls(), () -> engine.control(spec)));
    }

    @Override
    public AutoCloseable logs(
            String containerId,
            LogStart start,
            boolean follow,
            Consumer<LogLine> lines,
            Runnable end) {
        var safe = redacted.lines(lines);
        return lasting(parts.calls(), () -> engine.logs(containerId, start, follow, safe, end));
    }

    @Override
    public AutoCloseable events(
            String agent, long sinceNanos, Consumer<EngineEvent> events, Consumer<String> closed) {
        var safe = redacted.text(closed);
        return lasting(parts.calls(), () -> engine.events(agent, sinceNanos, events, safe));
    }

    @Override
    public void close() {
        engine.close();
    }
}
