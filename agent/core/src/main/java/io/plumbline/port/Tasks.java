package io.plumbline.port;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads of the agent, and all their waits. The loops start threads, sleep and wait only
 * through this port. So a simulation can run a whole agent on one thread and with simulated time.
 *
 * <p>A future may be completed and read anywhere; only waits for it use this port.
 */
public interface Tasks {

    /** Creates a thread without starting it. */
    Task task(String name, Runnable work);

    /** Starts a thread. */
    default Task start(String name, Runnable work) {
        var task = task(name, work);
        task.start();
        return task;
    }

    /** Starts a thread that computes an answer. */
    default <T> CompletableFuture<T> ask(String name, Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        start(name, () -> settle(answer, question));
        return answer;
    }

    /** Completes a future with the result or the exception of the question. */
    static <T> void settle(CompletableFuture<T> answer, Supplier<T> question) {
        try {
            answer.complete(question.get());
        } catch (Throwable e) {
            answer.completeExceptionally(e);
        }
    }

    /** Waits for this time. */
    void sleep(Duration time) throws InterruptedException;

    /** Waits until a future is completed, and returns its result. */
    <T extends @Nullable Object> T get(CompletableFuture<T> future)
            throws InterruptedException, ExecutionException;

    /** Waits until a future is completed, at most for this time, and returns its result. */
    <T extends @Nullable Object> T get(CompletableFuture<T> future, Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException;

    /** Creates an empty inbox. */
    <T> Inbox<T> inbox();

    /** Returns a random number from 0 (included) to 1 (excluded), for jitter. */
    double jitter();

    /** A thread. */
    interface Task {
        /** Returns its name. */
        String name();

        /** Starts it; once. */
        void start();

        /** Interrupts it. */
        void interrupt();

        /** Waits until it has ended. */
        void join() throws InterruptedException;

        /** Waits until it has ended, at most for this time. */
        void join(Duration atMost) throws InterruptedException;
    }

    /** An unbounded queue: many threads add, one thread takes. */
    interface Inbox<T> {
        /** Adds an item; never waits. */
        void add(T item);

        /** Takes the first item; waits if there is none. */
        T take() throws InterruptedException;

        /**
         * Takes the first item; waits at most for this time if there is none, then returns null.
         */
        @Nullable T poll(Duration atMost) throws InterruptedException;

        /** Takes all current items; never waits. */
        List<T> drain();

        /** Whether there are currently no items. */
        boolean isEmpty();
    }

    /** Returns the virtual threads of this process. */
    static Tasks virtual() {
        return VirtualTasks.INSTANCE;
    }
}
