package io.plumbline.port;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The implementation of {@link Tasks} with the JDK's virtual threads. */
final class VirtualTasks implements Tasks {
    static final VirtualTasks INSTANCE = new VirtualTasks();

    private VirtualTasks() {}

    private record VirtualTask(Thread thread) implements Task {
        @Override
        public String name() {
            return thread.getName();
        }

        @Override
        public void start() {
            thread.start();
        }

        @Override
        public void interrupt() {
            thread.interrupt();
        }

        @Override
        public void join() throws InterruptedException {
            thread.join();
        }

        @Override
        public void join(Duration atMost) throws InterruptedException {
            var _ = thread.join(atMost);
        }
    }

    private record Queue<T>(LinkedBlockingQueue<T> items) implements Inbox<T> {
        @Override
        public void add(T item) {
            items.add(item);
        }

        @Override
        public T take() throws InterruptedException {
            return items.take();
        }

        @Override
        public @Nullable T poll(Duration atMost) throws InterruptedException {
            return items.poll(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
        }

        @Override
        public List<T> drain() {
            var all = new ArrayList<T>();
            items.drainTo(all);
            return all;
        }

        @Override
        public boolean isEmpty() {
            return items.isEmpty();
        }
    }

    @Override
    public Task task(String name, Runnable work) {
        return new VirtualTask(Thread.ofVirtual().name(name).unstarted(work));
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        Thread.sleep(time);
    }

    @Override
    public <T extends @Nullable Object> T get(CompletableFuture<T> future)
            throws InterruptedException, ExecutionException {
        return future.get();
    }

    @Override
    public <T extends @Nullable Object> T get(CompletableFuture<T> future, Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(Math.max(0, atMost.toNanos()), TimeUnit.NANOSECONDS);
    }

    @Override
    public <T> Inbox<T> inbox() {
        return new Queue<>(new LinkedBlockingQueue<>());
    }

    @Override
    public double jitter() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
