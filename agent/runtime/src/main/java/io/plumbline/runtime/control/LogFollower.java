package io.plumbline.runtime.control;

import io.plumbline.core.FailureKind;
import io.plumbline.core.workload.Replica;
import io.plumbline.port.LogCursor;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.loop.Signal;
import io.plumbline.runtime.pipeline.Inquiry;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a service's log from container to container.
 *
 * <ol>
 *   <li>It reads the containers of the release that runs or is being deployed. Each is read until
 *       it ends, even after another one has replaced it.
 *   <li>It asks the engines again after each recorded event of the pipeline, when a log ends, and
 *       every ten seconds. A container that is new or has started again is read from its start.
 *   <li>A container that existed at the beginning, but belongs to the running release only later,
 *       for example after a revert, is read from that time on.
 *   <li>A log that broke off continues after its last line, by the engine's time of that line.
 *       Lines of the same nanosecond are counted, so that no line is missed or sent twice.
 *   <li>It ends when the service or its pipeline no longer exists.
 * </ol>
 */
final class LogFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);

    /** Number of observations, one each second, after something happened. */
    private static final int BUSY_LOOKS = 30;

    private static final Duration BUSY = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofSeconds(10);
    private static final int ID = 12;

    private final Source source;
    private final Consumer<LogItem> items;
    private final Runnable end;
    private final Signal signal;
    private final Map<String, Followed> followed = new HashMap<>();
    private final Map<String, @Nullable Instant> atBeginning = new HashMap<>();
    private final Map<String, LogCursor> seen = new HashMap<>();
    private final boolean resumed;
    private final LogStart start;
    private final TreeSet<String> engines = new TreeSet<>();
    private volatile boolean several;
    private volatile boolean severalEngines;
    private volatile boolean closed;

    /** The source of the service's containers. */
    interface Source {
        /** Returns {@code PIPELINE/SERVICE}. */
        String name();

        /**
         * Returns the service's containers.
         *
         * @throws PlumblineException {@code MISSING} if the pipeline no longer exists
         */
        Service look();

        /** Whether the service no longer exists, so that no further container is created. */
        boolean gone();
    }

    /**
     * The containers of a service now.
     *
     * @param all all of them
     * @param current those of the release that runs or is being deployed
     */
    record Service(List<Inquiry.Found> all, List<Inquiry.Found> current) {}

    private LogFollower(
            Source source,
            Tasks tasks,
            LogStart start,
            @Nullable List<LogCursor> cursors,
            Consumer<LogItem> items,
            Runnable end) {
        this.source = source;
        this.items = items;
        this.end = end;
        this.signal = new Signal(tasks);
        this.start = start;
        this.resumed = cursors != null;
        if (cursors != null) {
            cursors.forEach(c -> seen.put(c.replica(), c));
        }
    }

    /**
     * Starts to follow a log.
     *
     * @param start where the logs of the first containers begin
     * @param cursors the position of an earlier connection of the same reader; null if there was
     *     none
     * @throws PlumblineException if the containers or their logs cannot be read at the start
     */
    static LogFollower start(
            Source source,
            Tasks tasks,
            LogStart start,
            @Nullable List<LogCursor> cursors,
            Consumer<LogItem> items,
            Runnable end) {
        var follower = new LogFollower(source, tasks, start, cursors, items, end);
        try {
            follower.begin();
        } catch (PlumblineException e) {
            follower.close();
            throw e;
        }
        tasks.start("follow-log", follower::run);
        return follower;
    }

    /** Notes that the containers may have changed. Never waits. */
    void hint() {
        signal.give();
    }

    @Override
    public void close() {
        List<Followed> open;
        synchronized (this) {
            closed = true;
            open = List.copyOf(followed.values());
        }
        signal.give();
        open.forEach(Followed::close);
    }

    private void begin() {
        var service = source.look();
        if (service.all().isEmpty() && !resumed) {
            throw new PlumblineException(
                    FailureKind.MISSING, "no container of " + source.name() + " is there");
        }
        service.all().forEach(f -> atBeginning.put(id(f), f.replica().run().startedAt()));
        var first = service.current().isEmpty() ? service.all() : service.current();
        several = first.size() > 1;
        first.forEach(f -> engines.add(f.engine().name()));
        severalEngines = engines.size() > 1;
        // The last lines of a container that was replaced while the connection was lost.
        for (var f : service.all()) {
            var cursor = seen.get(id(f));
            if (cursor != null && !first.contains(f)) {
                readRest(f, cursor);
            }
        }
        for (var f : first) {
            var cursor = seen.get(id(f));
            var started = f.replica().run().startedAt();
            if (cursor != null) {
                read(f, new LogStart.Since(cursor.at()), cursor);
            } else if (resumed && started != null) {
                read(f, new LogStart.Since(laterOf(started)), null);
            } else {
                read(f, start, null);
            }
        }
    }

    /**
     * Reads the rest of a replaced container's log. If it is being removed, the others are followed
     * anyway.
     */
    private void readRest(Inquiry.Found f, LogCursor cursor) {
        try {
            read(f, new LogStart.Since(cursor.at()), cursor);
        } catch (PlumblineException e) {
            LOG.debug("following the log of {}: {}", f.replica().name(), e.toString());
        }
    }

    /**
     * Returns where a container without a cursor begins for a reader that connects again. Lines
     * before the newest line that the reader has seen, or before the requested time, are not sent.
     */
    private Instant laterOf(Instant started) {
        var asked = start instanceof LogStart.Since s ? Stream.of(s.at()) : Stream.<Instant>empty();
        return Stream.concat(asked, seen.values().stream().map(LogCursor::at))
                .filter(at -> at.isAfter(started))
                .max(Comparator.naturalOrder())
                .orElse(started);
    }

    private void run() {
        int busy = 0;
        try {
            while (!closed) {
                if (signal.take(busy > 0 ? BUSY : QUIET)) {
                    busy = BUSY_LOOKS;
                } else {
                    busy--;
                }
                if (!closed && !goOn()) {
                    end.run();
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks the engines once; false if the service no longer exists. */
    private boolean goOn() {
        try {
            var service = source.look();
            service.current().forEach(this::join);
            return !(service.current().isEmpty() && gone());
        } catch (RuntimeException e) {
            LOG.debug("following a log: {}", e.toString());
            return !gone();
        }
    }

    /**
     * Whether the service no longer exists. If that cannot be found out, the next attempt asks
     * again.
     */
    private boolean gone() {
        try {
            return source.gone();
        } catch (RuntimeException e) {
            LOG.debug("following a log: {}", e.toString());
            return false;
        }
    }

    private void join(Inquiry.Found f) {
        var c = f.replica();
        Followed before;
        synchronized (this) {
            before = followed.get(id(f));
        }
        boolean another = before == null || !Objects.equals(before.startedAt, c.run().startedAt());
        if (c.run().startedAt() == null || (before != null && before.open)) {
            return;
        }
        // A kept container may start between this observation and the reading. Then it is read from
        // its start.
        boolean asBefore = before == null ? sinceBeginning(f) : !another;
        if (asBefore && !c.alive()) {
            return;
        }
        try {
            if (another) {
                items.accept(
                        new LogItem.Joined(
                                f.engine().name(), c.name(), c.origin().release(), before != null));
            }
            read(f, startOf(f, before), before == null ? null : before.cursor);
        } catch (PlumblineException e) {
            LOG.debug("following the log of {}: {}", c.name(), e.toString());
        }
    }

    private LogStart startOf(Inquiry.Found f, @Nullable Followed before) {
        var started = Objects.requireNonNull(f.replica().run().startedAt());
        if (before != null && before.cursor != null) {
            return new LogStart.Since(before.cursor.at());
        }
        if (before != null) {
            return new LogStart.Since(started);
        }
        if (!atBeginning.containsKey(id(f))) {
            return new LogStart.Tail(0);
        }
        return sinceBeginning(f) ? new LogStart.Now() : new LogStart.Since(started);
    }

    /** Whether the container existed at the beginning and has not started since. */
    private boolean sinceBeginning(Inquiry.Found f) {
        return atBeginning.containsKey(id(f))
                && Objects.equals(f.replica().run().startedAt(), atBeginning.get(id(f)));
    }

    private void read(Inquiry.Found f, LogStart start, @Nullable LogCursor cursor) {
        var one = new Followed(f, cursor);
        synchronized (this) {
            if (closed) {
                return;
            }
            followed.put(id(f), one);
            several |= followed.size() > 1;
            engines.add(f.engine().name());
            severalEngines = engines.size() > 1;
        }
        one.open(start);
        if (closed) {
            one.close();
        }
    }

    private static String id(Inquiry.Found f) {
        return id(f.replica());
    }

    /** Returns the prefix of a container's id for a {@link LogCursor}. */
    static String id(Replica c) {
        return c.id().length() > ID ? c.id().substring(0, ID) : c.id();
    }

    /** A container whose log is read. */
    private final class Followed {
        private final Inquiry.Found found;
        private final @Nullable Instant startedAt;
        private final @Nullable LogCursor from;
        private volatile @Nullable LogCursor cursor;
        private volatile boolean open = true;
        private volatile @Nullable AutoCloseable handle;
        private int sameTime;

        Followed(Inquiry.Found found, @Nullable LogCursor from) {
            this.found = found;
            this.startedAt = found.replica().run().startedAt();
            this.from = from;
            this.cursor = from;
        }

        void open(LogStart start) {
            try {
                handle =
                        found.engine()
                                .logs(
                                        found.replica().id(),
                                        start,
                                        true,
                                        this::take,
                                        () -> {
                                            open = false;
                                            signal.give();
                                        });
            } catch (PlumblineException e) {
                open = false;
                throw e;
            }
        }

        /** Takes a line. Only one thread of the engine's adapter calls it. */
        private void take(LogLine line) {
            var at = line.at();
            if (at != null && repeated(at)) {
                return;
            }
            if (at != null) {
                var before = cursor;
                cursor = before == null ? new LogCursor(id(found), at, 1) : before.after(at);
            }
            items.accept(
                    new LogItem.Line(
                            found.engine().name(),
                            found.replica().name(),
                            id(found),
                            at,
                            prefix(found.replica()) + line.text()));
        }

        private boolean repeated(Instant at) {
            if (from == null || at.isAfter(from.at())) {
                return false;
            }
            return at.isBefore(from.at()) || ++sameTime <= from.lines();
        }

        private String prefix(Replica c) {
            if (!several) {
                return "";
            }
            var where = severalEngines ? found.engine().name() + "/" : "";
            return where + c.name() + " | ";
        }

        void close() {
            var it = handle;
            if (it == null) {
                return;
            }
            try {
                it.close();
            } catch (Exception e) {
                LOG.debug("closing the log of {}: {}", found.replica().name(), e.toString());
            }
        }
    }
}
