package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Control;
import io.plumbline.port.Control.FollowQuestion;
import io.plumbline.port.Control.LogQuestion;
import io.plumbline.port.LogChoice;
import io.plumbline.port.LogCursor;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogStart;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint for the log of a service or a step. A thread of its own puts the agent's lines into
 * a bounded queue. If the reader is slow, this thread waits.
 */
final class LogStream {
    private static final int QUEUE = 1000;
    private static final int CHUNK = 32 * 1024;
    private static final int MOST_LINES = 1_000_000;
    private static final long OPEN_SECONDS = 60;
    private static final long PATIENCE_SECONDS = 30;
    private static final long HEARTBEAT_SECONDS = 15;

    private final Control control;

    LogStream(Control control) {
        this.control = control;
    }

    private sealed interface Item {
        record Line(String text) implements Item {}

        record Opened() implements Item {}

        record End() implements Item {}

        record Failed(Throwable why) implements Item {}
    }

    /** Streams the log until it ends, the reader disconnects, or the server closes. */
    void stream(ApiRequest ask) throws Exception {
        var service = ask.service();
        if (service == null) {
            throw ApiError.badRequest("service is missing: whose log");
        }
        var form = LogForm.of(ask);
        var question =
                new LogQuestion(
                        ask.pipeline(),
                        service,
                        choice(ask),
                        start(ask),
                        ask.flag("follow", false));
        var source = source(question, LogForm.seen(ask));
        boolean times = ask.flag("timestamps", false);
        var queue = new ArrayBlockingQueue<Item>(QUEUE);
        var over = new AtomicBoolean();
        var producer =
                Thread.ofVirtual()
                        .name("log-" + question.pipeline() + "-" + service)
                        .start(() -> produce(source, i -> form.item(i, times), queue, over));
        try {
            var first = queue.poll(OPEN_SECONDS, TimeUnit.SECONDS);
            switch (first) {
                case null ->
                        throw new ApiError(
                                504,
                                "No answer in time",
                                FailureKind.UNREACHABLE,
                                "the engine did not send the log in " + OPEN_SECONDS + " s");
                case Item.Failed(Exception e) -> throw e;
                case Item.Failed(var t) -> throw new IllegalStateException(t);
                case Item.Line _, Item.Opened _, Item.End _ -> {}
            }
            try (var out = new Outlet(ask.request(), form.type())) {
                copy(first, queue, out, form);
            }
        } catch (InterruptedException e) {
            // The reader disconnected, or the server closes.
        } finally {
            over.set(true);
            producer.interrupt();
        }
    }

    /**
     * Reads which log is meant. {@code release}, {@code failed}, {@code previous} and {@code run}
     * exclude each other.
     */
    private static LogChoice choice(ApiRequest ask) {
        var choices = new ArrayList<LogChoice>();
        var release = ask.release("release");
        if (release != null) {
            choices.add(new LogChoice.OfRelease(release));
        }
        if (ask.flag("failed", false)) {
            choices.add(new LogChoice.Failed());
        }
        if (ask.flag("previous", false)) {
            choices.add(new LogChoice.Previous());
        }
        long run = ask.number("run", 0, 1, Long.MAX_VALUE);
        if (run > 0) {
            choices.add(new LogChoice.OfRun(run));
        }
        if (choices.size() > 1) {
            throw ApiError.badRequest("release, failed, previous and run exclude each other");
        }
        return choices.isEmpty() ? new LogChoice.Current() : choices.getFirst();
    }

    private static LogStart start(ApiRequest ask) {
        int tail = (int) ask.number("tail", 0, 0, MOST_LINES);
        return ask.time("since")
                .<LogStart>map(at -> new LogStart.Since(at, tail))
                .orElseGet(() -> new LogStart.Tail(tail));
    }

    /** A log that sends items until it ends or is closed. */
    private interface Source {
        AutoCloseable open(Consumer<LogItem> items, Runnable end);
    }

    private Source source(LogQuestion q, @Nullable List<LogCursor> seen) {
        if (q.follow() && q.choice() instanceof LogChoice.Current) {
            var question = new FollowQuestion(q.pipeline(), q.service(), q.start(), seen);
            return (items, end) -> control.follow(question, items, end);
        }
        return (items, end) -> control.logs(q, items, end);
    }

    private static void produce(
            Source source,
            Function<LogItem, String> form,
            BlockingQueue<Item> queue,
            AtomicBoolean over) {
        try (var _ =
                source.open(
                        item -> put(queue, new Item.Line(form.apply(item)), over),
                        () -> put(queue, new Item.End(), over))) {
            put(queue, new Item.Opened(), over);
            // The log stays open until the reading thread interrupts this one.
            new java.util.concurrent.CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // The stream has ended.
        } catch (Throwable t) {
            put(queue, new Item.Failed(t), over);
        }
    }

    private static void put(BlockingQueue<Item> queue, Item item, AtomicBoolean over) {
        try {
            while (!over.get()) {
                if (queue.offer(item, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Item first, BlockingQueue<Item> queue, Outlet out, LogForm form)
            throws InterruptedException {
        var item = first;
        var chunk = new StringBuilder();
        while (true) {
            switch (item) {
                case Item.Line(var text) -> chunk.append(text).append('\n');
                case Item.Opened _ -> {}
                case Item.End _ -> {
                    out.write(chunk.toString());
                    out.finish();
                    return;
                }
                case Item.Failed _ -> {
                    out.write(chunk.toString());
                    return;
                }
            }
            var next = chunk.length() < CHUNK ? queue.poll() : null;
            if (next == null) {
                if (!chunk.isEmpty()) {
                    out.write(chunk.toString());
                    chunk.setLength(0);
                }
                next = queue.poll(HEARTBEAT_SECONDS, TimeUnit.SECONDS);
                while (next == null) {
                    if (form.hasHeartbeats()) {
                        out.write("\n");
                    }
                    next = queue.poll(HEARTBEAT_SECONDS, TimeUnit.SECONDS);
                }
            }
            item = next;
        }
    }
}
