package io.plumbline.testkit;

import io.plumbline.port.Tasks;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A stream from a fake to its reader: items are handed over in order on a thread of its own, as a
 * real adapter does it, and the end is told exactly once.
 */
final class FakeStream<T> implements AutoCloseable {
    private sealed interface Entry<T> {
        record Item<T>(T value) implements Entry<T> {}

        record End<T>(String reason) implements Entry<T> {}
    }

    private final Tasks.Inbox<Entry<T>> queue;
    private final AtomicInteger pending = new AtomicInteger();
    private volatile boolean ended;

    FakeStream(Tasks tasks, String name, Consumer<T> items, Consumer<String> closed) {
        this.queue = tasks.inbox();
        tasks.start(name, () -> run(items, closed));
    }

    void send(T item) {
        pending.incrementAndGet();
        queue.add(new Entry.Item<>(item));
    }

    /** Whether the reader has taken in all that was sent. */
    boolean isDelivered() {
        return pending.get() == 0;
    }

    void end(String reason) {
        queue.add(new Entry.End<>(reason));
    }

    @Override
    public void close() {
        ended = true;
        end("closed");
    }

    private void run(Consumer<T> items, Consumer<String> closed) {
        while (true) {
            try {
                switch (queue.take()) {
                    case Entry.Item<T>(T value) -> {
                        if (!ended) {
                            items.accept(value);
                        }
                        pending.decrementAndGet();
                    }
                    case Entry.End<T>(String reason) -> {
                        ended = true;
                        closed.accept(reason);
                        return;
                    }
                }
            } catch (InterruptedException e) {
                closed.accept("interrupted");
                return;
            }
        }
    }
}
