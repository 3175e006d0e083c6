package io.plumbline.port;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads of the agent and everything that they wait for. The loops start threads, sleep and
 * wait only through this port, so a simulation can run a whole agent on one thread and on simulated
 * time.
 *
 * <p>A future may be completed and read anywhere; only waiting for it passes this port.
 */
public interface Tasks {

    /** A thread that is not started yet. */
    Task task(String name, Runnable work);

    /** Starts a thread. */
    default Task start(String name, Runnable work) {
        var task = task(name, work);
        task.start();
        return task;
    }

    /** Starts a thread that answers a question. */
    default <T> CompletableFuture<T> ask(String name, Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        start(name, () -> settle(answer, question));
        return answer;
    }

    /** Completes a future with what the question gives or throws. */
    static <T> void settle(CompletableFuture<T> answer, Supplier<T> question) {
        try {
            answer.complete(question.get());
        } catch (Throwable e) {
            answer.completeExceptionally(e);
        }
    }

    /** Waits for that time. */
    void sleep(Duration time) throws InterruptedException;

    /** Waits until a future is completed and gives its result. */
    <T extends @Nullable Object> T get(CompletableFuture<T> future)
            throws InterruptedException, ExecutionException;

    /** Waits until a future is completed, at most so long, and gives its result. */
    <T extends @Nullable Object> T get(CompletableFuture<T> future, Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException;

    /** An empty inbox. */
    <T> Inbox<T> inbox();

    /** A random number from 0 (included) to 1 (excluded), for jitter. */
    double jitter();

    /** A thread. */
    interface Task {
        /** Its name. */
        String name();

        /** Starts it; once. */
        void start();

        /** Interrupts it. */
        void interrupt();

        /** Waits until it has ended. */
        void join() throws InterruptedException;

        /** Waits until it has ended, at most so long. */
        void join(Duration atMost) throws InterruptedException;
    }

    /** An unbounded queue: many threads add, one thread takes. */
    interface Inbox<T> {
        /** Adds an item; never waits. */
        void add(T item);

        /** Takes the first item; waits for one. */
        T take() throws InterruptedException;

        /** Takes the first item; waits for one at most so long, then gives null. */
        @Nullable T poll(Duration atMost) throws InterruptedException;

        /** Takes all items that are there now; never waits. */
        List<T> drain();

        /** Whether no item is there now. */
        boolean isEmpty();
    }

    /** Virtual threads of this process. */
    static Tasks virtual() {
        return VirtualTasks.INSTANCE;
    }
}
