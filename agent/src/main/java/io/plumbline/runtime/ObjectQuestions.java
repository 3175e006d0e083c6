package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Engine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.UnresponsiveObjects.Subject;
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
 * Questions about single objects of one engine, asked so that none holds up another:
 *
 * <ol>
 *   <li>A few at a time, each on a thread of its own.
 *   <li>Who does not answer within the patience is left behind, but only when the engine answers a
 *       ping meanwhile. Else it is the engine that does not answer.
 *   <li>What is left behind goes on until its deadline. There is at most one question of an object
 *       under way; when its answer comes, or its next try is due, it is asked again.
 *   <li>An answer that is an error counts against its object only.
 * </ol>
 *
 * <p>{@link #ask} is for one thread; everything else is for any.
 */
final class ObjectQuestions implements AutoCloseable {
    /** Questions at a time: an engine far away answers each after a round trip. */
    private static final int WIDTH = 8;

    /** Where one object hangs others often do, and are not waited for so long. */
    private static final int LESS_PATIENCE = 5;

    private final Engine engine;
    private final UnresponsiveObjects silent;
    private final Tasks tasks;
    private final Supplier<Duration> patience;
    private final Runnable answered;
    private final Consumer<Subject> lateAnswer;
    private final Set<Subject> underWay = ConcurrentHashMap.newKeySet();
    private final Map<Subject, Tasks.Task> threads = new ConcurrentHashMap<>();

    /**
     * A question.
     *
     * @param subject the object that it is about
     * @param call the call's name
     * @param ask asks the engine
     * @param taken takes the answer
     */
    record Question<T>(Subject subject, String call, Supplier<T> ask, Consumer<T> taken) {}

    /**
     * Of an engine.
     *
     * @param patience how long an object may take to answer
     * @param answered is called at each answer, also of a ping
     * @param lateAnswer is called with an object whose answer came when nobody waited for it
     */
    ObjectQuestions(
            Engine engine,
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
     * Asks all that may be asked now and returns when each was answered or left behind.
     *
     * @throws PlumblineException {@code UNREACHABLE} when the engine itself does not answer
     */
    void ask(Collection<? extends Question<?>> questions) {
        var now = new ArrayList<Question<?>>();
        for (var q : questions) {
            if (!underWay.contains(q.subject()) && silent.mayAsk(q.subject(), q.call())) {
                now.add(q);
            }
        }
        var oneHangs = new AtomicBoolean();
        Lanes.each(
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

    /** It may have been answered while the engine was asked for a sign of life. */
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

    /** The engine went away: what is under way ends. */
    void cut() {
        threads.values().forEach(Tasks.Task::interrupt);
    }

    @Override
    public void close() {
        cut();
    }
}
