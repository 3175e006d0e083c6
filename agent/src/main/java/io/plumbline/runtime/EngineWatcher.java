package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LastEnd;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.port.Engine;
import io.plumbline.port.Engine.EngineEvent;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one engine reports, kept young cheaply (invariants 1 and 14), by one thread that alone asks
 * it:
 *
 * <ol>
 *   <li>Opens the event stream from its cursor, then looks at everything: no gap between the two.
 *   <li>An event, which carries no facts, marks its container as changed and wakes its pipeline.
 *   <li>A look is one list call and an inspect of each container that an event marked or whose row
 *       in the list differs from the last one. One look serves all pipelines that asked before it
 *       began.
 *   <li>Every relist interval all is inspected again; so after each new connection. Between looks a
 *       ping every few seconds finds an engine that went away without a word.
 *   <li>A container, an image or a list that does not answer is left behind, if the engine answers
 *       a ping meanwhile, and asked again with a growing wait ({@link ObjectQuestions}).
 *   <li>A ping, a list of containers or an event stream that goes unanswered makes the engine
 *       unreachable: every pipeline is woken, and from then on what asks for it fails at once,
 *       without a byte sent. Only this thread goes on asking, with a growing wait and jitter. One
 *       that comes and goes is asked as seldom as one that stays away, until it has stayed.
 * </ol>
 *
 * <p>Invariants: nobody but this thread ever waits for an engine that is known to be away; who
 * waits for a look waits at most until the engine has been silent for {@link #patience}; nothing is
 * shared with another engine.
 */
final class EngineWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineWatcher.class);
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(2);

    private final GuardedEngine engine;
    private final Engine probe;
    private final String agent;
    private final EnginePace pace;
    private final Duration relist;
    private final Ticker ticker;
    private final Telemetry telemetry;
    private final Consumer<String> wake;
    private final Consumer<Cause> wakeAll;
    private final UnresponsiveObjects silent;
    private final ObjectQuestions questions;
    private final ObservationCache sightings;
    private final EngineMeter meter;
    private final ControlExperiments experiments;
    private final LookQueue looks = new LookQueue();
    private final Tasks tasks;
    private final Tasks.Inbox<Hint> hints;
    private final SecondAgentWatch second;
    private final ImageWishes imageWishes;
    private final RestartSlots restarts = new RestartSlots();

    private final EngineStanding standing;
    private final Tasks.Task thread;
    private volatile boolean closed;
    private volatile boolean relistAsked;
    private volatile long sign;
    private volatile long cursor;
    private volatile @Nullable AutoCloseable stream;
    private long streamOpened;

    private enum Hint {
        LOOK,
        PROBE,
        STREAM_ENDED,
        CLOSE
    }

    EngineWatcher(
            Engine engine,
            AgentIdentity identity,
            EngineNames names,
            Duration relist,
            Ticker ticker,
            Telemetry telemetry,
            Consumer<String> wake,
            Consumer<Cause> wakeAll,
            EnginePace pace) {
        this.pace = pace;
        this.engine = GuardedEngine.of(engine);
        this.probe = this.engine.probing();
        this.agent = identity.agent();
        this.relist = relist;
        this.ticker = ticker;
        this.telemetry = telemetry;
        this.wake = wake;
        this.wakeAll = wakeAll;
        this.meter = new EngineMeter(ticker);
        this.experiments = new ControlExperiments(this.engine, ticker);
        this.silent = this.engine.unresponsive();
        this.questions =
                new ObjectQuestions(
                        probe,
                        silent,
                        ticker.tasks(),
                        () -> patience().dividedBy(2),
                        () -> sign = ticker.nanos(),
                        this::answeredLate);
        this.sightings = new ObservationCache(probe, agent, names, ticker, silent, questions);
        this.second = new SecondAgentWatch(probe, identity, relist, ticker, this::contested);
        this.imageWishes = new ImageWishes(sightings, looks, wake);
        this.standing = new EngineStanding(this.engine, ticker);
        this.tasks = ticker.tasks();
        this.hints = tasks.inbox();
        this.thread = tasks.task("engine-" + engine.name(), this::run);
        this.engine.whenUnanswered(() -> hints.add(Hint.LOOK));
        this.engine.whenUnresponsive(this::unresponsive);
        this.engine.whenRefused(() -> telemetry.engineRefused(engine.name()));
    }

    /** The control experiments of this engine, shared by its pipelines. */
    ControlExperiments experiments() {
        return experiments;
    }

    void start() {
        thread.start();
    }

    /** The engine, guarded: while it is away every call fails at once. */
    Engine engine() {
        return engine;
    }

    /** Who may restart an unhealthy container here. */
    RestartSlots restarts() {
        return restarts;
    }

    /** Whether another agent of the same name works there. */
    SecondAgentWatch second() {
        return second;
    }

    /** Time between two looks at all containers. */
    Duration relist() {
        return relist;
    }

    EngineStanding.Seen seen() {
        return standing.seen();
    }

    /**
     * For how long it has not answered; empty while it does, and before the first look. One that
     * answers with errors only is not reachable, but it does answer: zero.
     */
    Optional<Duration> unreachableFor() {
        var s = seen();
        if (!s.away()) {
            return Optional.empty();
        }
        var silentSince = s.silentSinceNanos();
        return Optional.of(
                silentSince == null
                        ? Duration.ZERO
                        : Duration.ofNanos(ticker.nanos() - silentSince));
    }

    /** For how long it has answered without a break; empty while it does not. */
    Optional<Duration> reachableFor() {
        var s = seen();
        return s.reachable()
                ? Optional.of(Duration.ofNanos(ticker.nanos() - s.sinceNanos()))
                : Optional.empty();
    }

    /** Latency, clock, version and capacity as they were found last. */
    EngineMeter meter() {
        return meter;
    }

    /** {@code Closed}, {@code Open} or {@code HalfOpen}. */
    String breaker() {
        return engine.breaker();
    }

    /** What our containers there may use, as it was seen last. */
    ObservationCache.Used used() {
        return sightings.used();
    }

    /** Whether the last look is too old to say anything. */
    boolean stale() {
        var s = seen();
        return !s.ever() || ticker.nanos() - s.nanos() > 2 * relist.toNanos();
    }

    /**
     * Looks now, at what changed only, and gives what concerns a pipeline.
     *
     * @throws PlumblineException {@code UNREACHABLE}, at once where the engine is known to be away
     */
    EngineState look(String pipeline, Set<String> imageNames) {
        await(looks.ask(imageNames));
        return sightings.of(pipeline, imageNames);
    }

    /** The pipelines that have containers here, from a fresh look. */
    Map<String, List<LiveContainer>> byPipeline() {
        await(looks.ask(Set.of()));
        return sightings.byPipeline();
    }

    /** Asks everything that did not answer again, now; does not wait for it. */
    void askAgain() {
        silent.tryAllNow();
        hints.add(Hint.LOOK);
    }

    /** Inspects everything again, now. */
    void relistNow() {
        relistAsked = true;
        await(looks.ask(Set.of()));
    }

    /** What the last look saw of a pipeline, without looking: for an engine that is away. */
    EngineState last(String pipeline, Set<String> imageNames) {
        return sightings.of(pipeline, imageNames);
    }

    /** What the last look saw of all pipelines, without looking. */
    Map<String, List<LiveContainer>> lastByPipeline() {
        return sightings.byPipeline();
    }

    /** Whether the last look saw containers of a pipeline; without looking. */
    boolean has(String pipeline) {
        return sightings.has(pipeline);
    }

    /** {@link ObservationCache#carries}, without looking. */
    boolean carries(String engineName, Predicate<String> repositories, boolean containers) {
        return sightings.carries(engineName, repositories, containers);
    }

    /** How a container ended last, as the engine told when it ended. */
    LastEnd lastEnd(String containerId) {
        return sightings.lastEnd(containerId);
    }

    /** What the events say of how a container came to its last stop, empty if nothing. */
    String lastChange(String containerId) {
        return sightings.lastChange(containerId);
    }

    /** Tries at once whether an engine that is away answers again. */
    void probeNow() {
        hints.add(Hint.PROBE);
    }

    /** Marks what an action touched: the next look inspects it. */
    void touched(String containerId) {
        sightings.touched(containerId);
    }

    /** Forgets networks, volumes, names and images: an action changed them. */
    void touchedWorld() {
        sightings.touchedWorld();
    }

    /**
     * Which of these images are there, as it was seen last. What was not looked at yet is left out:
     * it is looked at, and then the pipeline is woken. Never waits.
     */
    Map<String, Boolean> images(String pipeline, Set<String> names) {
        if (seen().reachable() && imageWishes.ask(pipeline, names)) {
            hints.add(Hint.LOOK);
        }
        return sightings.known(names);
    }

    @Override
    public void close() {
        closed = true;
        hints.add(Hint.CLOSE);
        looks.close();
        closeStream();
        questions.close();
        thread.interrupt();
    }

    // ---- those who wait

    /** How long an engine may be silent while somebody waits; a slow one has more. */
    private Duration patience() {
        return seen().ever() ? pace.patience(meter.latency()) : pace.mostPatience();
    }

    private void await(CompletableFuture<Void> look) {
        if (seen().away()) {
            telemetry.engineRefused(engine.name());
            standing.refuseAway();
        }
        hints.add(Hint.LOOK);
        long began = ticker.nanos();
        while (true) {
            long silentSince = Math.max(began, sign);
            long left = silentSince + patience().toNanos() - ticker.nanos();
            if (left <= 0 || ticker.nanos() - began > LONGEST_LOOK.toNanos()) {
                failed(
                        EngineStanding.unreachable(
                                "look at engine "
                                        + engine.name()
                                        + ": no answer for "
                                        + patience().toMillis()
                                        + "ms"));
                standing.refuseAway();
            }
            try {
                tasks.get(look, Duration.ofNanos(Math.max(left, 1_000_000)));
                return;
            } catch (TimeoutException e) {
                LOG.debug("engine {}: somebody waits for a look", engine.name());
            } catch (CancellationException e) {
                throw EngineStanding.unreachable(
                        "engine " + engine.name() + " is not watched any more");
            } catch (ExecutionException e) {
                throw LookQueue.rethrown(engine.name(), e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new PlumblineException(
                        FailureKind.TRANSIENT, "look at engine " + engine.name() + ": interrupted");
            }
        }
    }

    // ---- the thread that asks

    private void run() {
        LogFields.engine(engine.name());
        int failures = 0;
        long nextRelist = 0;
        while (!closed) {
            List<LookQueue.Wish> wishes = List.of();
            try {
                if (stream == null) {
                    connect();
                    nextRelist = ticker.nanos();
                }
                boolean all = relistAsked || ticker.nanos() - nextRelist >= 0;
                relistAsked = false;
                wishes = looks.take();
                boolean due = sightings.untilDue().filter(Duration::isZero).isPresent();
                if (all || due || !wishes.isEmpty()) {
                    look(all, wishes);
                } else if (ticker.nanos() - sign >= heartbeat()) {
                    signed(probe::ping);
                    succeeded(false);
                }
                if (all) {
                    nextRelist = ticker.nanos() + relist.toNanos();
                    wakeAll.accept(Cause.TIMER);
                }
                if (reachableFor().orElse(Duration.ZERO).compareTo(pace.stayed()) >= 0) {
                    failures = 0;
                }
                awaitHint(Math.min(untilDue(), Math.min(nextRelist - ticker.nanos(), heartbeat())));
            } catch (Throwable e) {
                fail(e, wishes);
                failures++;
                rest(pace.rest(failures, tasks.jitter()));
            }
        }
    }

    private long heartbeat() {
        return Math.min(relist.toNanos(), pace.heartbeat().toNanos());
    }

    private long untilDue() {
        return sightings.untilDue().map(Duration::toNanos).orElse(Long.MAX_VALUE);
    }

    private void connect() {
        signed(probe::ping);
        // Another process may answer now.
        silent.tryAllNow();
        signed(() -> stream = probe.events(agent, cursor, this::event, this::ended));
        streamOpened = ticker.nanos();
    }

    /** What is begun now counts as a sign until it is overdue, and so does its answer. */
    private void signed(Runnable call) {
        sign = ticker.nanos();
        call.run();
        sign = ticker.nanos();
    }

    private void look(boolean all, List<LookQueue.Wish> wishes) {
        if (all) {
            sightings.touchedWorld();
            signed(() -> questions.ask(List.of(aboutHost())));
        }
        signed(
                () ->
                        sightings.refresh(
                                all,
                                LookQueue.images(wishes),
                                took -> {
                                    sign = ticker.nanos();
                                    meter.listed(took);
                                }));
        signed(() -> second.looked(all, sightings));
        succeeded(true);
        wishes.forEach(w -> w.done().complete(null));
    }

    /** Some engines ask runtimes and plugins for it: that it hangs says nothing of the engine. */
    private ObjectQuestions.Question<Boolean> aboutHost() {
        return new ObjectQuestions.Question<>(
                UnresponsiveObjects.Subject.HOST,
                UnresponsiveObjects.INFO,
                () -> {
                    meter.ask(probe::info);
                    return true;
                },
                _ -> {});
    }

    private void contested(String reason) {
        engine.contested(reason);
        telemetry.engineContested(engine.name(), !reason.isEmpty());
        wakeAll.accept(Cause.ENGINE_EVENT);
    }

    private void answeredLate(UnresponsiveObjects.Subject subject) {
        sightings.answeredLate(subject);
        hints.add(Hint.LOOK);
        wakeAll.accept(Cause.ENGINE_EVENT);
    }

    /** An action went unanswered: what concerns its object is looked at. */
    private void unresponsive(UnresponsiveObjects.Subject subject) {
        sightings.answeredLate(subject);
        hints.add(Hint.LOOK);
    }

    private void fail(Throwable e, List<LookQueue.Wish> wishes) {
        questions.cut();
        if (!closed) {
            failed(classified(e));
        }
        closeStream();
        wishes.forEach(w -> w.done().completeExceptionally(e));
        looks.take().forEach(w -> w.done().completeExceptionally(e));
    }

    private PlumblineException classified(Throwable e) {
        if (e instanceof PlumblineException p) {
            return p;
        }
        LOG.error("engine {}: looking failed unexpectedly", engine.name(), e);
        return new PlumblineException(FailureKind.FAULT, "looking failed: " + e, e);
    }

    private void awaitHint(long nanos) {
        var first = poll(Math.max(nanos, 1_000_000));
        if (first != null) {
            var all = EnumSet.of(first);
            all.addAll(hints.drain());
            if (all.contains(Hint.STREAM_ENDED)) {
                streamEnded();
            }
        }
    }

    /** Waits before the next try; whoever asks meanwhile is refused, and only a probe ends it. */
    private void rest(Duration wait) {
        long end = ticker.nanos() + wait.toNanos();
        Hint hint = null;
        while (!closed && hint != Hint.PROBE && ticker.nanos() < end) {
            hint = poll(end - ticker.nanos());
        }
    }

    private @Nullable Hint poll(long nanos) {
        try {
            return hints.poll(Duration.ofNanos(nanos));
        } catch (InterruptedException e) {
            if (!closed) {
                LOG.warn("engine {}: watcher interrupted", engine.name());
            }
            return null;
        }
    }

    /** One that ends at once, again and again, must not be followed by a relist each time. */
    private void streamEnded() {
        boolean atOnce = ticker.nanos() - streamOpened < pace.shortStream().toNanos();
        if (stream != null && atOnce && !closed) {
            throw EngineStanding.unreachable(
                    "listen to events on engine " + engine.name() + ": the stream ended at once");
        }
        closeStream();
    }

    private void ended(String reason) {
        if (!closed) {
            standing.streamEnded(reason);
            hints.add(Hint.STREAM_ENDED);
        }
    }

    private void closeStream() {
        var open = stream;
        stream = null;
        if (open != null) {
            try {
                open.close();
            } catch (Exception e) {
                LOG.debug("engine {}: closing the event stream: {}", engine.name(), e.toString());
            }
        }
    }

    private void event(EngineEvent e) {
        cursor = Math.max(cursor, e.timeNano());
        switch (e.kind()) {
            case "container" -> {
                sightings.happened(e);
                var pipeline = e.labels().get(Labels.PIPELINE);
                if (pipeline != null) {
                    wake.accept(pipeline);
                }
            }
            case "network" -> {
                var container = e.container();
                if (container != null) {
                    touched(container);
                    sightings.ownerOf(container).ifPresent(wake);
                } else {
                    touchedWorld();
                    wakeAll.accept(Cause.ENGINE_EVENT);
                }
            }
            default -> {
                touchedWorld();
                if (ObservationCache.GONE.contains(e.action())) {
                    wakeAll.accept(Cause.ENGINE_EVENT);
                }
            }
        }
    }

    // ---- what came of it

    private void succeeded(boolean looked) {
        boolean turned = standing.succeeded(looked);
        if (looked) {
            telemetry.observed(engine.name());
            EngineReport.tell(this, telemetry);
            EngineReport.tellCertificates(engine, telemetry);
        }
        if (turned) {
            telemetry.engineUp(engine.name(), true);
            wakeAll.accept(Cause.ENGINE_EVENT);
        }
    }

    private void failed(PlumblineException e) {
        var before = standing.failed(e, pace.stayed());
        EngineReport.tellCertificates(engine, telemetry);
        telemetry.engineUp(engine.name(), false);
        if (before.reachable()) {
            wakeAll.accept(Cause.ENGINE_EVENT);
        }
    }
}
