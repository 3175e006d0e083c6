package io.plumbline.engine.docker.observe;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.observe.UnresponsiveObjects.Subject;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls about single objects of one engine. One object that does not answer does not delay the
 * others:
 *
 * <ol>
 *   <li>A few calls run at a time, each on a thread of its own.
 *   <li>If an object does not answer within the patience, the caller stops waiting for it, provided
 *       that the engine answers a ping meanwhile. Else the engine itself does not answer.
 *   <li>An abandoned call runs until its deadline. There is at most one call about an object at a
 *       time. The object is asked again when that call's answer comes or its next try is due.
 *   <li>An error counts only against its object.
 * </ol>
 *
 * <p>Only one thread may call {@link #ask}; the other methods are safe for any thread.
 */
final class ObjectQuestions implements AutoCloseable {
    /** Maximum number of concurrent calls; a distant engine answers each after a round trip. */
    private static final int WIDTH = 8;

    /**
     * Divisor of the patience after the first object that does not answer: others often hang, too.
     */
    private static final int LESS_PATIENCE = 5;

    private final EngineClient engine;
    private final UnresponsiveObjects silent;
    private final Tasks tasks;
    private final Supplier<Duration> patience;
    private final Runnable answered;
    private final Consumer<Subject> lateAnswer;
    private final Set<Subject> underWay = ConcurrentHashMap.newKeySet();
    private final Map<Subject, Tasks.Task> threads = new ConcurrentHashMap<>();

    /**
     * A call about an object.
     *
     * @param subject the object
     * @param call the call's name
     * @param ask makes the call
     * @param taken takes the answer
     */
    record Question<T>(Subject subject, String call, Supplier<T> ask, Consumer<T> taken) {}

    /**
     * Creates the calls of one engine.
     *
     * @param patience how long an object may take to answer
     * @param answered runs at each answer, also to a ping
     * @param lateAnswer gets an object whose answer came after the caller stopped waiting
     */
    ObjectQuestions(
            EngineClient engine,
            UnresponsiveObjects silent,
            Tasks tasks,
            Supplier<Duration> patience,
            Runnable answered,
            Consumer<Subject> lateAnswer) {
        this.engine = engine;
        this.silent = silent;
        this.tasks = tasks;
        this.patience = patience;
        this.answered = answered;
        this.lateAnswer = lateAnswer;
    }

    /**
     * Makes all calls that are allowed now. Returns when each was answered or abandoned.
     *
     * @throws PlumblineException {@code UNREACHABLE} if the engine itself does not answer
     */
    void ask(Collection<? extends Question<?>> questions) {
        var now = new ArrayList<Question<?>>();
        for (var q : questions) {
            if (!underWay.contains(q.subject()) && silent.mayAsk(q.subject(), q.call())) {
                now.add(q);
            }
        }
        var oneHangs = new AtomicBoolean();
        BoundedParallel.each(
                tasks, "engine-" + engine.name() + "-inspect", WIDTH, now, q -> ask(q, oneHangs));
    }

    private <T> void ask(Question<T> q, AtomicBoolean oneHangs) {
        if (!underWay.add(q.subject())) {
            return;
        }
        var answer = new CompletableFuture<T>();
        var waited = new AtomicBoolean(true);
        var thread =
                tasks.task("engine-" + engine.name() + "-inspect", () -> run(q, answer, waited));
        threads.put(q.subject(), thread);
        thread.start();
        var time = oneHangs.get() ? patience.get().dividedBy(LESS_PATIENCE) : patience.get();
        try {
            var found = tasks.get(answer, time);
            answered.run();
            silent.answered(q.subject(), q.call());
            q.taken().accept(found);
        } catch (TimeoutException e) {
            engine.ping();
            answered.run();
            oneHangs.set(true);
            leaveBehind(q, answer, waited);
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new PlumblineException(
                    FailureKind.TRANSIENT, "look at engine " + engine.name() + ": interrupted");
        } catch (ExecutionException e) {
            failed(q, e.getCause());
        }
    }

    /** Abandons a call, unless its answer came during the ping. */
    private <T> void leaveBehind(Question<T> q, CompletableFuture<T> answer, AtomicBoolean waited) {
        synchronized (answer) {
            if (!answer.isDone()) {
                waited.set(false);
                silent.late(q.subject(), q.call());
                return;
            }
        }
        try {
            var found = answer.join();
            silent.answered(q.subject(), q.call());
            q.taken().accept(found);
        } catch (CompletionException e) {
            failed(q, e.getCause());
        }
    }

    private <T> void run(Question<T> q, CompletableFuture<T> answer, AtomicBoolean waited) {
        try {
            var found = q.ask().get();
            over(q.subject());
            if (!completed(answer, found, waited)) {
                silent.answered(q.subject(), q.call());
                lateAnswer.accept(q.subject());
            }
        } catch (Throwable e) {
            over(q.subject());
            boolean late;
            synchronized (answer) {
                late = !waited.get();
                answer.completeExceptionally(e);
            }
            if (late) {
                silent.unanswered(q.subject(), q.call(), "");
            }
        }
    }

    private void over(Subject subject) {
        threads.remove(subject);
        underWay.remove(subject);
    }

    private static <T> boolean completed(
            CompletableFuture<T> answer, T found, AtomicBoolean waited) {
        synchronized (answer) {
            answer.complete(found);
            return waited.get();
        }
    }

    private void failed(Question<?> q, @Nullable Throwable cause) {
        switch (cause) {
            case PlumblineException p when p.kind() == FailureKind.UNREACHABLE -> throw p;
            case PlumblineException p when p.kind() == FailureKind.UNRESPONSIVE ->
                    silent.unanswered(q.subject(), q.call(), "");
            case PlumblineException p -> {
                answered.run();
                silent.unanswered(q.subject(), q.call(), String.valueOf(p.getMessage()));
            }
            case RuntimeException e -> {
                answered.run();
                silent.unanswered(q.subject(), q.call(), String.valueOf(e));
            }
            case Error e -> throw e;
            case null, default -> throw new IllegalStateException(cause);
        }
    }

    /** Ends all calls in progress, because the engine became unreachable. */
    void cut() {
        threads.values().forEach(Tasks.Task::interrupt);
    }

    @Override
    public void close() {
        cut();
    }
}
