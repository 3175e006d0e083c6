package io.plumbline.engine.docker.observe;

import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A loop over items on a limited number of threads. */
public final class BoundedParallel {
    /** Time after which a caller that found no free slot looks for one again. */
    private static final Duration SLOT_AGAIN = Duration.ofMillis(50);

    private BoundedParallel() {}

    /** The end of an item; {@code failure} is null if it succeeded. */
    private record Ended(int item, @Nullable Throwable failure) {}

    /**
     * Handles the items 0 to {@code items - 1}, each on a thread of its own, and returns when all
     * that were begun have ended. One item needs no slot, so there is always progress. A single
     * item is done on the caller's thread. After a failure no further item is begun, and the first
     * failure is thrown at the end. An interrupt of the caller interrupts the threads.
     *
     * @param name the threads' name
     * @param goOn asked before each item is begun, on the caller's thread; false ends the loop
     * @param begins runs before an item is begun, on the caller's thread
     * @param work handles an item
     */
    public static void each(
            Tasks tasks,
            String name,
            ActionSlots slots,
            int items,
            BooleanSupplier goOn,
            IntConsumer begins,
            IntConsumer work) {
        if (items == 1) {
            if (goOn.getAsBoolean()) {
                begins.accept(0);
                work.accept(0);
            }
            return;
        }
        var ended = tasks.<Ended>inbox();
        var running = new HashMap<Integer, Tasks.Task>();
        Throwable failure = null;
        boolean interrupted = false;
        int next = 0;
        int withoutSlot = -1;
        while (true) {
            while (next < items && failure == null && !interrupted && goOn.getAsBoolean()) {
                boolean free = withoutSlot < 0;
                if (!free && !slots.tryTake()) {
                    break;
                }
                failure = failureOf(begins, next);
                if (failure != null) {
                    if (!free) {
                        slots.giveBack();
                    }
                    break;
                }
                int item = next++;
                withoutSlot = free ? item : withoutSlot;
                running.put(
                        item,
                        tasks.start(name, () -> ended.add(new Ended(item, failureOf(work, item)))));
            }
            if (running.isEmpty()) {
                break;
            }
            try {
                var end = next < items ? ended.poll(SLOT_AGAIN) : ended.take();
                if (end != null) {
                    running.remove(end.item());
                    failure = failure == null ? end.failure() : failure;
                    if (end.item() == withoutSlot) {
                        withoutSlot = -1;
                    } else {
                        slots.giveBack();
                    }
                }
            } catch (InterruptedException e) {
                interrupted = true;
                running.values().forEach(Tasks.Task::interrupt);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        rethrow(failure);
    }

    private static @Nullable Throwable failureOf(IntConsumer work, int item) {
        try {
            work.accept(item);
            return null;
        } catch (Throwable e) {
            return e;
        }
    }

    private static void rethrow(@Nullable Throwable failure) {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new IllegalStateException(t);
        }
    }

    /**
     * Handles each item and returns when all are done. After a failure no further item is begun,
     * and the first failure is thrown. An interrupt of the caller interrupts the threads.
     *
     * @param name the threads' name
     * @param width maximum number of threads; a single item is done on the caller's thread
     */
    public static <T> void each(
            Tasks tasks, String name, int width, Collection<T> things, Consumer<T> work) {
        if (things.size() <= 1) {
            things.forEach(work);
            return;
        }
        var queue = new ConcurrentLinkedQueue<>(things);
        var failure = new AtomicReference<@Nullable Throwable>();
        var threads = new ArrayList<Tasks.Task>();
        for (int i = 0; i < Math.min(width, things.size()); i++) {
            threads.add(tasks.start(name, () -> handleAll(queue, work, failure)));
        }
        join(threads);
        rethrow(failure.get());
    }

    private static <T> void handleAll(
            ConcurrentLinkedQueue<T> queue,
            Consumer<T> work,
            AtomicReference<@Nullable Throwable> failure) {
        try {
            for (T next = queue.poll();
                    next != null && failure.get() == null;
                    next = queue.poll()) {
                work.accept(next);
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private static void join(Collection<Tasks.Task> threads) {
        boolean interrupted = false;
        for (var thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                    threads.forEach(Tasks.Task::interrupt);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
