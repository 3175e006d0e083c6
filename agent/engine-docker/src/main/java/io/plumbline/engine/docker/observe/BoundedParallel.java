package io.plumbline.engine.docker.observe;

import io.plumbline.port.Tasks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A loop over items on a limited number of threads. */
public final class BoundedParallel {
    private BoundedParallel() {}

    /**
     * Handles each item and returns when all are done. After a failure no further item is begun,
     * and the first failure is thrown. An interrupt of the caller interrupts the threads.
     *
     * @param name the threads' name
     * @param width maximum number of threads; one or two items are done on the caller's thread
     */
    public static <T> void each(
            Tasks tasks, String name, int width, Collection<T> things, Consumer<T> work) {
        if (things.size() <= 2) {
            things.forEach(work);
            return;
        }
        var queue = new ConcurrentLinkedQueue<>(things);
        var failure = new AtomicReference<@Nullable Throwable>();
        var threads = new ArrayList<Tasks.Task>();
        for (int i = 0; i < Math.min(width, things.size()); i++) {
            threads.add(tasks.start(name, () -> engineReconciler(queue, work, failure)));
        }
        join(threads);
        switch (failure.get()) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new IllegalStateException(t);
        }
    }

    private static <T> void engineReconciler(
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
