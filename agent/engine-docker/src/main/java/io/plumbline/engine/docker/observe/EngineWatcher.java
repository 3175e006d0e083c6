package io.plumbline.engine.docker.observe;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LastEnd;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.Cause;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.engine.EnginePace;
import io.plumbline.runtime.engine.EngineReport;
import io.plumbline.runtime.loop.LogFields;
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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The observer of one engine (invariants 1 and 14). Only its thread calls the engine to observe it.
 *
 * <ol>
 *   <li>The thread opens the event stream from its cursor and then observes everything, so that
 *       there is no gap between the two.
 *   <li>An event carries no facts. It marks its container as changed and wakes the pipeline.
 *   <li>An observation is one list call, and an inspect of each container that an event marked or
 *       whose row in the list has changed. One observation serves all pipelines that asked before
 *       it began; for a single one, only its containers are listed.
 *   <li>Each relist interval, and after each new connection, all containers are inspected. Between
 *       observations, a ping every few seconds detects an engine that stopped answering.
 *   <li>If a container, an image or a list does not answer, the engine is pinged. If it answers,
 *       only that object is left out and asked again with a growing wait ({@link ObjectQuestions}).
 *   <li>If a ping, a list of containers or the event stream is not answered, the engine is
 *       unreachable. All pipelines are woken, and calls fail at once without a request. Only this
 *       thread asks again, with a growing wait and jitter. The wait of an engine that comes and
 *       goes keeps growing until the engine has stayed reachable for a while.
 * </ol>
 *
 * <p>No other thread waits for an engine that is known to be unreachable. A caller waits for an
 * observation at most until the engine has not answered for {@link #patience}, and at most two
 * minutes. Nothing is shared with other engines.
 */
public final class EngineWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineWatcher.class);
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(2);

    /** Least time between two looks because of objects that must be asked again. */
    private static final Duration DUE_AGAIN = Duration.ofMillis(100);

    private final GuardedEngine engine;
    private final DriverSetup setup;
    private final EnginePace pace;
    private final Duration relist;
    private final ObjectQuestions questions;
    private final ObservationCache observations;
    private final EngineMeter meter;
    private final LookQueue looks = new LookQueue();
    private final Tasks.Inbox<Hint> hints;
    private final SecondAgentWatch second;
    private final ImageWishes imageWishes;
    private final UnplannedEnds ends;
    private final EngineStanding standing;
    private final Tasks.Task thread;
    private volatile boolean closed;
    private volatile boolean relistAsked;
    private volatile long sign;
    private volatile long cursor;
    private volatile EngineClient.Certificates certificates = EngineClient.Certificates.NONE;
    private volatile @Nullable AutoCloseable stream;
    private long streamOpened;

    private enum Hint {
        LOOK,
        PROBE,
        STREAM_ENDED,
        CLOSE
    }

    public EngineWatcher(EngineClient engine, DriverSetup setup) {
        this.setup = setup;
        this.pace = setup.pace();
        this.relist = setup.relist();
        this.engine = GuardedEngine.of(engine);
        var ticker = setup.ticker();
        var probe = this.engine.probing();
        var silent = this.engine.unresponsive();
        this.meter = new EngineMeter(ticker);
        this.questions =
                new ObjectQuestions(
                        probe,
                        silent,
                        ticker.tasks(),
                        () -> patience().dividedBy(2),
                        () -> sign = now(),
                        this::answeredLate);
        this.observations =
                new ObservationCache(
                        probe, setup.identity().agent(), setup.names(), ticker, silent, questions);
        this.second =
                new SecondAgentWatch(probe, setup.identity(), relist, ticker, this::contested);
        this.imageWishes = new ImageWishes(observations, looks, setup.wake());
        this.standing = new EngineStanding(this.engine, ticker);
        this.ends = new UnplannedEnds(setup.names());
        this.hints = ticker.tasks().inbox();
        this.thread = ticker.tasks().task("engine-" + engine.name(), this::run);
        this.engine.whenUnanswered(() -> hints.add(Hint.LOOK));
        this.engine.whenUnresponsive(this::unresponsive);
        this.engine.whenRefused(() -> setup.telemetry().engineRefused(engine.name()));
    }

    /** Returns the engine without its guard: only the watcher asks an unreachable engine. */
    private EngineClient probe() {
        return engine.probing();
    }

    private long now() {
        return setup.ticker().nanos();
    }

    public void start() {
        thread.start();
    }

    /** Returns the engine with its guard: while it is unreachable, each call fails at once. */
    public EngineClient engine() {
        return engine;
    }

    /** Returns the watch for another agent of the same name on this engine. */
    public SecondAgentWatch second() {
        return second;
    }

    /** Returns the time between two full observations. */
    public Duration relist() {
        return relist;
    }

    public EngineDriver.Seen seen() {
        return standing.seen();
    }

    /**
     * Returns how long the engine has not answered; empty while it answers, and before the first
     * observation. An engine that answers only with errors is unreachable for zero seconds.
     */
    public Optional<Duration> unreachableFor() {
        var s = seen();
        if (!s.away()) {
            return Optional.empty();
        }
        var silentSince = s.silentSinceNanos();
        return Optional.of(
                silentSince == null ? Duration.ZERO : Duration.ofNanos(now() - silentSince));
    }

    /** Returns how long the engine has answered without a break; empty while it does not. */
    public Optional<Duration> reachableFor() {
        var s = seen();
        return s.reachable()
                ? Optional.of(Duration.ofNanos(now() - s.sinceNanos()))
                : Optional.empty();
    }

    /** Returns the last known latency, clock, version and capacity. */
    EngineMeter meter() {
        return meter;
    }

    /** Returns the engine's figures, without a call. */
    public EngineDriver.Figures figures() {
        return meter.figures(engine.breaker(), observations.used(), certificates);
    }

    /** Whether the last observation is older than two relist intervals, or there is none. */
    public boolean stale() {
        var s = seen();
        return !s.ever() || now() - s.nanos() > 2 * relist.toNanos();
    }

    /**
     * Observes what changed, and returns the part of a pipeline.
     *
     * @throws PlumblineException {@code UNREACHABLE}, at once if the engine is known to be
     *     unreachable
     */
    public EngineState look(String pipeline, Set<String> imageNames) {
        await(looks.ask(pipeline, imageNames));
        return observations.of(pipeline, imageNames);
    }

    /** Observes what changed, and returns the containers of all pipelines. */
    public Map<String, List<LiveContainer>> byPipeline() {
        await(looks.ask("", Set.of()));
        return observations.byPipeline();
    }

    /** Asks objects that did not answer again. Does not wait. */
    public void askAgain() {
        engine.unresponsive().tryAllNow();
        hints.add(Hint.LOOK);
    }

    /** Inspects everything again, and waits for it. */
    void relistNow() {
        relistAsked = true;
        await(looks.ask("", Set.of()));
    }

    /** Returns a pipeline's containers at the last observation, without a call. */
    public List<LiveContainer> last(String pipeline) {
        return lastState(pipeline).containers();
    }

    /** Returns the part of a pipeline at the last observation, without a call. */
    EngineState lastState(String pipeline) {
        return observations.of(pipeline, Set.of());
    }

    /** Returns the last observation of all pipelines without a call. */
    public Map<String, List<LiveContainer>> lastByPipeline() {
        return observations.byPipeline();
    }

    /** Whether the last observation had containers of a pipeline. */
    public boolean has(String pipeline) {
        return observations.has(pipeline);
    }

    /** See {@link ObservationCache#carries}. */
    public boolean carries(String engineName, Predicate<String> repositories, boolean containers) {
        return observations.carries(engineName, repositories, containers);
    }

    /** Returns how a container last ended, as the engine reported it at that time. */
    public LastEnd lastEnd(String containerId) {
        return observations.told().lastEnd(containerId);
    }

    /** Returns what the events say about a container's last stop; empty if nothing. */
    public String lastChange(String containerId) {
        return observations.told().lastChange(containerId);
    }

    /** Returns how many events said that a container of a pipeline ended. */
    public long ends(String pipeline) {
        return ends.of(pipeline);
    }

    /** Tries at once whether an unreachable engine answers again. Does not wait. */
    public void probeNow() {
        hints.add(Hint.PROBE);
    }

    /** Marks a container that an action changed; the next observation inspects it. */
    public void touched(String containerId) {
        observations.touched(containerId);
    }

    /** Forgets networks, volumes, names and images, because an action changed them. */
    public void touchedWorld() {
        observations.touchedWorld();
    }

    /**
     * Returns which of these images exist, as last observed. Images that were not observed yet are
     * left out; they are observed soon, and then the pipeline is woken. Never waits.
     */
    public Map<String, Boolean> images(String pipeline, Set<String> names) {
        if (seen().reachable() && imageWishes.ask(pipeline, names)) {
            hints.add(Hint.LOOK);
        }
        return observations.known(names);
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

    /** Returns how long a caller waits for an answer; longer for a slow engine. */
    private Duration patience() {
        return seen().ever() ? pace.patience(meter.longLatency()) : pace.mostPatience();
    }

    private void await(CompletableFuture<Void> look) {
        if (seen().away()) {
            setup.telemetry().engineRefused(engine.name());
            standing.refuseAway();
        }
        hints.add(Hint.LOOK);
        long began = now();
        while (true) {
            long silentSince = Math.max(began, sign);
            long left = silentSince + patience().toNanos() - now();
            if (left <= 0 || now() - began > LONGEST_LOOK.toNanos()) {
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
                setup.ticker().tasks().get(look, Duration.ofNanos(Math.max(left, 1_000_000)));
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

    private void run() {
        LogFields.engine(engine.name());
        int failures = 0;
        long nextRelist = 0;
        while (!closed) {
            List<LookQueue.Wish> wishes = List.of();
            try {
                if (stream == null) {
                    connect();
                    nextRelist = now();
                }
                boolean all = relistAsked || now() - nextRelist >= 0;
                relistAsked = false;
                wishes = looks.take();
                boolean again = observations.untilDue().filter(Duration::isZero).isPresent();
                if (all || again || !wishes.isEmpty()) {
                    look(all, wishes);
                } else if (now() - sign >= heartbeat()) {
                    signed(probe()::ping);
                    succeeded(false);
                }
                if (all) {
                    nextRelist = now() + relist.toNanos();
                    setup.wakeAll().accept(Cause.TIMER);
                }
                if (reachableFor().orElse(Duration.ZERO).compareTo(pace.stayed()) >= 0) {
                    failures = 0;
                }
                long due = Math.max(untilDue(), DUE_AGAIN.toNanos());
                awaitHint(Math.min(due, Math.min(nextRelist - now(), heartbeat())));
            } catch (Throwable e) {
                fail(e, wishes);
                failures++;
                rest(pace.rest(failures, setup.ticker().tasks().jitter()));
            }
        }
    }

    private long heartbeat() {
        return Math.min(relist.toNanos(), pace.heartbeat().toNanos());
    }

    private long untilDue() {
        return observations.untilDue().map(Duration::toNanos).orElse(Long.MAX_VALUE);
    }

    private void connect() {
        signed(probe()::ping);
        standing.answered();
        // Another process of the engine may answer now.
        engine.unresponsive().tryAllNow();
        signed(
                () ->
                        stream =
                                probe().events(
                                                setup.identity().agent(),
                                                cursor,
                                                this::event,
                                                this::ended));
        streamOpened = now();
    }

    /** Makes a call. Its begin and its answer are signs of the engine, for callers that wait. */
    private void signed(Runnable call) {
        sign = now();
        call.run();
        sign = now();
    }

    private void look(boolean all, List<LookQueue.Wish> wishes) {
        if (all) {
            observations.touchedWorld();
            signed(() -> questions.ask(List.of(meter.aboutHost(probe()::info))));
        }
        String only = setup.names().of(all ? "" : LookQueue.onlyPipeline(wishes));
        signed(
                () ->
                        observations.refresh(
                                all,
                                only,
                                LookQueue.images(wishes),
                                took -> {
                                    sign = now();
                                    meter.listed(took, only.isEmpty());
                                }));
        signed(() -> second.looked(all, observations));
        succeeded(true);
        wishes.forEach(w -> w.done().complete(null));
    }

    private void contested(String reason) {
        engine.contested(reason);
        setup.telemetry().engineContested(engine.name(), !reason.isEmpty());
        setup.wakeAll().accept(Cause.ENGINE_EVENT);
    }

    private void answeredLate(UnresponsiveObjects.Subject subject) {
        unresponsive(subject);
        setup.wakeAll().accept(Cause.ENGINE_EVENT);
    }

    /** An action was not answered, so its object is observed again. */
    private void unresponsive(UnresponsiveObjects.Subject subject) {
        observations.answeredLate(subject);
        hints.add(Hint.LOOK);
    }

    private void fail(Throwable e, List<LookQueue.Wish> wishes) {
        questions.cut();
        if (!closed) {
            failed(LookQueue.classified(engine.name(), e));
        }
        closeStream();
        wishes.forEach(w -> w.done().completeExceptionally(e));
        looks.take().forEach(w -> w.done().completeExceptionally(e));
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

    /** Waits before the next attempt. Only a probe ends the wait early; other callers fail. */
    private void rest(Duration wait) {
        long end = now() + wait.toNanos();
        Hint hint = null;
        while (!closed && hint != Hint.PROBE && now() < end) {
            hint = poll(end - now());
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

    /**
     * Handles the end of the event stream. A stream that ends at once is a failure of the engine,
     * so that it does not cause one relist after the other.
     */
    private void streamEnded() {
        boolean atOnce = now() - streamOpened < pace.shortStream().toNanos();
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
                if (e.labels().containsKey(Labels.STEP)) {
                    return; // Who runs the step waits for its end.
                }
                observations.happened(e);
                ends.happened(e);
                var pipeline = e.labels().get(Labels.PIPELINE);
                if (pipeline != null) {
                    setup.wake().accept(pipeline);
                }
            }
            case "network" -> {
                var container = e.container();
                if (container != null) {
                    touched(container);
                    observations.ownerOf(container).ifPresent(setup.wake());
                } else {
                    touchedWorld();
                    networkChanged(e);
                }
            }
            default -> {
                touchedWorld();
                if (ObservationCache.GONE.contains(e.action())) {
                    setup.wakeAll().accept(Cause.ENGINE_EVENT);
                }
            }
        }
    }

    /**
     * Wakes the pipeline whose network was created. If another one was created, or one is gone and
     * its addresses are free, that can concern every pipeline.
     */
    private void networkChanged(EngineEvent e) {
        var owner = ContainerLayout.networkOwner(e.labels().getOrDefault("name", ""));
        if (owner.isPresent() && e.action().equals("create")) {
            setup.wake().accept(owner.get());
        } else {
            setup.wakeAll().accept(Cause.ENGINE_EVENT);
        }
    }

    private void succeeded(boolean looked) {
        boolean turned = standing.succeeded(looked);
        if (looked) {
            setup.telemetry().observed(engine.name());
            certificates = engine.certificates();
            EngineReport.tell(engine.name(), figures(), setup.telemetry());
            EngineReport.tellCertificates(engine.name(), figures(), setup.telemetry());
        }
        if (turned) {
            setup.telemetry().engineUp(engine.name(), true);
            setup.wakeAll().accept(Cause.ENGINE_EVENT);
        }
    }

    private void failed(PlumblineException e) {
        var before = standing.failed(e, pace.stayed());
        certificates = engine.certificates();
        EngineReport.tellCertificates(engine.name(), figures(), setup.telemetry());
        setup.telemetry().engineUp(engine.name(), false);
        if (before.reachable()) {
            setup.wakeAll().accept(Cause.ENGINE_EVENT);
        }
    }
}
