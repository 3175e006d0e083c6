package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.core.rollout.Backoff;
import io.plumbline.port.Engine;
import io.plumbline.port.Engine.EngineEvent;
import io.plumbline.port.Engine.Listed;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one engine reports, kept young cheaply (laws 1 and 14):
 *
 * <ol>
 *   <li>Opens the event stream from its cursor, then looks at everything: no gap between the two.
 *   <li>An event marks its container as changed and wakes the pipeline that owns it. It carries no
 *       facts.
 *   <li>A look is one list call and an inspect of each container that an event marked or whose row
 *       in the list differs from the last one.
 *   <li>Every relist interval all is inspected again; so after each new connection.
 *   <li>A look that fails makes the engine unreachable; it is tried again with a growing wait, and
 *       every pipeline is woken when that changes.
 * </ol>
 */
final class EngineWatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngineWatcher.class);

    private final Engine engine;
    private final String agent;
    private final Duration relist;
    private final Ticker ticker;
    private final Telemetry telemetry;
    private final Consumer<String> wake;
    private final Runnable wakeAll;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<String> changed = ConcurrentHashMap.newKeySet();
    private final LinkedBlockingQueue<Hint> hints = new LinkedBlockingQueue<>();
    private volatile Seen seen = Seen.NOTHING;
    private final Thread thread;
    private volatile boolean closed;

    private final Map<String, Integer> exits = new ConcurrentHashMap<>();
    private final Map<String, Listed> rows = new HashMap<>();
    private final Map<String, LiveContainer> inspected = new ConcurrentHashMap<>();
    private final AtomicBoolean worldChanged = new AtomicBoolean();
    private final Map<String, Optional<LiveImage>> images = new ConcurrentHashMap<>();
    private @Nullable List<LiveNetwork> networks;
    private @Nullable List<LiveVolume> volumes;
    private @Nullable Set<String> names;
    private long cursor;
    private volatile @Nullable AutoCloseable stream;

    private enum Hint {
        LOOK,
        STREAM_ENDED,
        CLOSE
    }

    /**
     * What the last look gave.
     *
     * @param reachable whether it succeeded
     * @param reason why not
     * @param at wall clock of the last that succeeded, null if none did
     * @param nanos the same on the clock that only goes forward
     * @param ever whether one ever succeeded
     */
    record Seen(boolean reachable, String reason, @Nullable Instant at, long nanos, boolean ever) {
        static final Seen NOTHING = new Seen(false, "not looked at yet", null, 0, false);
    }

    EngineWatcher(
            Engine engine,
            String agent,
            Duration relist,
            Ticker ticker,
            Telemetry telemetry,
            Consumer<String> wake,
            Runnable wakeAll) {
        this.engine = engine;
        this.agent = agent;
        this.relist = relist;
        this.ticker = ticker;
        this.telemetry = telemetry;
        this.wake = wake;
        this.wakeAll = wakeAll;
        this.thread = Thread.ofVirtual().name("engine-" + engine.name()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    Engine engine() {
        return engine;
    }

    Seen seen() {
        return seen;
    }

    /** Whether the last look is too old to say anything. */
    boolean stale() {
        var s = seen;
        return !s.ever() || ticker.nanos() - s.nanos() > 2 * relist.toNanos();
    }

    /** Looks now, at what changed only, and gives what concerns a pipeline. */
    EngineState look(String pipeline, Set<String> imageNames) {
        lock.lock();
        try {
            refresh(false);
            return stateOf(pipeline, imageNames);
        } catch (PlumblineException e) {
            failed(e);
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** The pipelines that have containers here, from a fresh look. */
    Map<String, List<LiveContainer>> byPipeline() {
        lock.lock();
        try {
            refresh(false);
            var out = new TreeMap<String, List<LiveContainer>>();
            for (var c : inspected.values()) {
                if (ours(c)) {
                    out.computeIfAbsent(c.label(Labels.PIPELINE), _ -> new ArrayList<>()).add(c);
                }
            }
            return out;
        } catch (PlumblineException e) {
            failed(e);
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** What the last look saw of a pipeline, without looking. */
    EngineState last(String pipeline, Set<String> imageNames) {
        lock.lock();
        try {
            return stateOf(pipeline, imageNames);
        } finally {
            lock.unlock();
        }
    }

    /** The exit code of a container's last end, as the engine told when it ended; 0 if not. */
    int lastExit(String containerId) {
        return exits.getOrDefault(containerId, 0);
    }

    /** Marks what an action touched: the next look inspects it. */
    void touched(String containerId) {
        if (!containerId.isEmpty()) {
            changed.add(containerId);
        }
    }

    /** Forgets networks, volumes, names and images: an action changed them. */
    void touchedWorld() {
        worldChanged.set(true);
    }

    /** An image as the engine has it now. */
    Optional<LiveImage> image(String name) {
        var known = images.get(name);
        if (known != null && known.isPresent()) {
            return known;
        }
        var found = engine.image(name);
        images.put(name, found);
        return found;
    }

    @Override
    public void close() {
        closed = true;
        hints.add(Hint.CLOSE);
        closeStream();
        thread.interrupt();
    }

    private void run() {
        int failures = 0;
        long nextRelist = 0;
        while (!closed) {
            try {
                if (stream == null) {
                    openStream();
                    nextRelist = 0;
                }
                if (ticker.nanos() - nextRelist >= 0 || nextRelist == 0) {
                    relist();
                    nextRelist = ticker.nanos() + relist.toNanos();
                }
                failures = 0;
                awaitHint(nextRelist - ticker.nanos());
            } catch (PlumblineException e) {
                failures++;
                failed(e);
                closeStream();
                awaitHint(Backoff.REPAIR.after(failures).toNanos());
            } catch (RuntimeException e) {
                failures++;
                LOG.error("engine {}: looking failed unexpectedly", engine.name(), e);
                failed(new PlumblineException(FailureKind.FAULT, "looking failed: " + e, e));
                closeStream();
                awaitHint(Backoff.REPAIR.after(failures).toNanos());
            }
        }
    }

    private void awaitHint(long nanos) {
        try {
            var hint = hints.poll(Math.max(nanos, 1_000_000), TimeUnit.NANOSECONDS);
            if (hint == Hint.STREAM_ENDED) {
                closeStream();
            }
        } catch (InterruptedException e) {
            if (!closed) {
                LOG.warn("engine {}: watcher interrupted", engine.name());
            }
        }
    }

    private void openStream() {
        stream = engine.events(agent, cursor, this::event, this::streamEnded);
    }

    private void streamEnded(String reason) {
        if (!closed) {
            LOG.info("engine {}: event stream ended: {}", engine.name(), reason);
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
                happened(e);
                var pipeline = e.labels().get(Labels.PIPELINE);
                if (pipeline != null) {
                    wake.accept(pipeline);
                }
            }
            case "network" -> {
                var container = e.container();
                if (container != null) {
                    changed.add(container);
                    ownerOf(container).ifPresent(wake);
                } else {
                    touchedWorld();
                    wakeAll.run();
                }
            }
            default -> touchedWorld();
        }
    }

    /**
     * A container has changed. Of one that died the event tells the exit code, which an inspect
     * shows no more when the engine has started it again.
     */
    private void happened(EngineEvent e) {
        if (e.action().equals("die")) {
            var code = e.labels().getOrDefault("exitCode", "");
            if (code.matches("[0-9]{1,9}")) {
                exits.put(e.id(), Integer.parseInt(code));
            }
        }
        changed.add(e.id());
    }

    private Optional<String> ownerOf(String containerId) {
        return Optional.ofNullable(inspected.get(containerId))
                .map(c -> c.label(Labels.PIPELINE))
                .filter(p -> !p.isEmpty());
    }

    private void relist() {
        lock.lock();
        try {
            touchedWorld();
            refresh(true);
        } finally {
            lock.unlock();
        }
        wakeAll.run();
    }

    private void refresh(boolean all) {
        var listed = engine.list(agent);
        var ids = new HashSet<String>();
        var again = new HashSet<>(changed);
        changed.removeAll(again);
        boolean done = false;
        try {
            for (var row : listed) {
                ids.add(row.id());
                var before = rows.get(row.id());
                if (all || again.contains(row.id()) || before == null || differs(before, row)) {
                    inspect(row);
                }
            }
            done = true;
        } finally {
            if (!done) {
                changed.addAll(again);
            }
        }
        rows.keySet().retainAll(ids);
        inspected.keySet().retainAll(ids);
        exits.keySet().retainAll(ids);
        succeeded();
    }

    private void inspect(Listed row) {
        var live = engine.inspect(row.id());
        if (live.isPresent()) {
            inspected.put(row.id(), live.get());
            rows.put(row.id(), row);
        } else {
            inspected.remove(row.id());
            rows.remove(row.id());
        }
    }

    private static boolean differs(Listed a, Listed b) {
        return a.state() != b.state()
                || !a.name().equals(b.name())
                || !healthOf(a.status()).equals(healthOf(b.status()));
    }

    /** The status text counts seconds; only what it says in brackets, or of an end, matters. */
    private static String healthOf(String status) {
        int open = status.indexOf('(');
        int shut = status.indexOf(')', open + 1);
        return open < 0 || shut < 0 ? "" : status.substring(open, shut);
    }

    private void succeeded() {
        var before = seen;
        seen = new Seen(true, "", ticker.now(), ticker.nanos(), true);
        telemetry.observed(engine.name());
        if (!before.reachable()) {
            telemetry.engineUp(engine.name(), true);
            LOG.info("engine {}: reachable", engine.name());
            wakeAll.run();
        }
    }

    private void failed(PlumblineException e) {
        var before = seen;
        seen =
                new Seen(
                        false,
                        String.valueOf(e.getMessage()),
                        before.at(),
                        before.nanos(),
                        before.ever());
        telemetry.engineUp(engine.name(), false);
        if (before.reachable() || !before.ever()) {
            LOG.warn("engine {}: {}", engine.name(), e.getMessage());
        }
        if (before.reachable()) {
            hints.add(Hint.LOOK);
            wakeAll.run();
        }
    }

    private EngineState stateOf(String pipeline, Set<String> imageNames) {
        if (worldChanged.getAndSet(false)) {
            networks = null;
            volumes = null;
            names = null;
            images.clear();
        }
        var mine = new ArrayList<LiveContainer>();
        var foreign = new TreeSet<String>();
        for (var c : inspected.values()) {
            if (ours(c) && c.label(Labels.PIPELINE).equals(pipeline)) {
                mine.add(c);
            } else {
                foreign.add(c.name());
            }
        }
        mine.sort(Comparator.comparing(LiveContainer::name));
        var mineNames = new HashSet<String>();
        mine.forEach(c -> mineNames.add(c.name()));
        for (var name : names()) {
            if (!mineNames.contains(name)) {
                foreign.add(name);
            }
        }
        var found = new TreeMap<String, LiveImage>();
        for (var name : imageNames) {
            image(name).ifPresent(i -> found.put(name, i));
        }
        return new EngineState(
                engine.name(), List.copyOf(mine), foreign, networks(), volumes(), found);
    }

    /** Labels that the image itself carries make no container ours. */
    private boolean ours(LiveContainer c) {
        if (c.label(Labels.PIPELINE).isEmpty() || !c.label(Labels.AGENT).equals(agent)) {
            return false;
        }
        var image = image(c.config().imageId());
        return image.isEmpty()
                || image.get().labels().keySet().stream()
                        .noneMatch(k -> k.startsWith(Labels.PREFIX));
    }

    private List<LiveNetwork> networks() {
        var known = networks;
        if (known == null) {
            known = engine.networks();
            networks = known;
        }
        return known;
    }

    private List<LiveVolume> volumes() {
        var known = volumes;
        if (known == null) {
            known = engine.volumes();
            volumes = known;
        }
        return known;
    }

    private Set<String> names() {
        var known = names;
        if (known == null) {
            known = new HashSet<>(engine.containerNames());
            names = known;
        }
        return known;
    }
}
