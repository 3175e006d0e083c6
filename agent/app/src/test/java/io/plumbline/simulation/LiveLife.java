package io.plumbline.simulation;

import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The life of a process in real time, on virtual threads of this one. */
final class LiveLife implements Lifetime {
    private static final Duration END = Duration.ofSeconds(10);

    private final Ticker ticker = Ticker.system();
    private final Tasks tasks = Tasks.virtual();
    private final Set<Task> threads = ConcurrentHashMap.newKeySet();
    private volatile boolean dead;

    @Override
    public void kill() {
        dead = true;
    }

    @Override
    public boolean dead() {
        return dead;
    }

    @Override
    public void unwind() {
        kill();
        threads.forEach(Task::interrupt);
        for (var thread : threads) {
            try {
                thread.join(END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        threads.clear();
    }

    private void check() {
        if (dead) {
            throw new Killed();
        }
    }

    @Override
    public long nanos() {
        return ticker.nanos();
    }

    @Override
    public Instant now() {
        return ticker.now();
    }

    @Override
    public Tasks tasks() {
        return this;
    }

    @Override
    public Task task(String name, Runnable work) {
        check();
        var known = new CompletableFuture<Task>();
        var task =
                tasks.task(
                        name,
                        () -> {
                            try {
                                work.run();
                            } catch (Killed e) {
                                // Its process ended.
                            } finally {
                                threads.remove(known.join());
                            }
                        });
        known.complete(task);
        threads.add(task);
        return task;
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        check();
        tasks.sleep(time);
        check();
    }

    @Override
    public <T extends @Nullable Object> T get(CompletableFuture<T> future)
            throws InterruptedException, ExecutionException {
        check();
        return tasks.get(future);
    }

    @Override
    public <T extends @Nullable Object> T get(CompletableFuture<T> future, Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException {
        check();
        return tasks.get(future, atMost);
    }

    @Override
    public <T> Inbox<T> inbox() {
        return tasks.inbox();
    }

    @Override
    public double jitter() {
        return tasks.jitter();
    }
}
