package io.plumbline.runtime.loop;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Cause;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread with a {@link Mailbox}. Its loop makes a pass, then runs the mail that came meanwhile,
 * then makes the next pass. A pass that fails unexpectedly is reported and repeated after 5 s.
 */
public final class MailLoop {
    /** How long an answer is waited for. */
    public static final Duration ANSWER_DEADLINE = Duration.ofSeconds(60);

    /** What keeps the thread from answering, for messages. */
    public static final String BUSY = "is busy with one action";

    private static final Logger LOG = LoggerFactory.getLogger(MailLoop.class);
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(5);

    private final Mailbox mailbox;
    private final Tasks.Task thread;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private final Tasks tasks;
    private volatile boolean closed;
    private volatile String who;
    private volatile Runnable afterAnswer = () -> {};

    /**
     * Creates the thread without starting it.
     *
     * @param name the thread's name
     * @param body what the thread does; it calls {@link #run}
     */
    public MailLoop(Tasks tasks, String name, Runnable body) {
        this.tasks = tasks;
        this.who = name;
        this.mailbox = new Mailbox(tasks);
        this.thread =
                tasks.task(
                        name,
                        () -> {
                            try {
                                body.run();
                            } finally {
                                ended.complete(true);
                            }
                        });
    }

    /**
     * Says who answers questions.
     *
     * @param name for messages
     * @param after runs on the thread after each question, before its answer is given
     */
    public void answersAs(String name, Runnable after) {
        who = name;
        afterAnswer = after;
    }

    /** Returns the thread's name. */
    public String name() {
        return thread.name();
    }

    /** Returns the mail of the thread. */
    public Mailbox mail() {
        return mailbox;
    }

    /** Requests a pass, and says why. */
    public void hint(@Nullable Cause why) {
        mailbox.hint(why);
    }

    /** Requests a pass that goes on with the work of the last one. */
    public void hint() {
        mailbox.hint();
    }

    public void start() {
        thread.start();
    }

    /** Ends the loop after the current pass or command. */
    public void end() {
        closed = true;
    }

    /** Ends the loop and interrupts what it does. */
    public void close() {
        closed = true;
        thread.interrupt();
    }

    public boolean closed() {
        return closed;
    }

    /** Returns a future that completes when the thread has ended. */
    public CompletableFuture<Boolean> ended() {
        return ended;
    }

    /** Waits until the thread has ended. */
    public void join(Duration atMost) throws InterruptedException {
        thread.join(atMost);
    }

    /**
     * Runs the loop until it is closed or interrupted; on its own thread only.
     *
     * @param pass returns how long to wait for mail before the next pass
     * @param failed gets the exception of a failed pass
     */
    public void run(Supplier<Duration> pass, Consumer<Throwable> failed) {
        while (!closed) {
            Duration wait;
            try {
                wait = pass.get();
            } catch (RuntimeException | VirtualMachineError | LinkageError e) {
                if (closed) {
                    return;
                }
                failed.accept(e);
                wait = AFTER_A_FAILURE;
            }
            try {
                mailbox.take(wait).forEach(Runnable::run);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /**
     * Runs a question or command on the thread and waits for the answer; for other threads.
     *
     * @throws PlumblineException {@code MISSING} if the loop has ended, {@code UNREACHABLE} if it
     *     does not answer in time; or what the question throws
     */
    public <T> T ask(Supplier<T> question) {
        return answered(post(question), BUSY);
    }

    /** Posts a question. Its exceptions go to the caller and never end the thread. */
    public <T> CompletableFuture<T> post(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        mailbox.post(
                () -> {
                    try {
                        var said = question.get();
                        afterAnswer.run();
                        answer.complete(said);
                    } catch (RuntimeException | VirtualMachineError | LinkageError e) {
                        LOG.warn("a command for {} failed: {}", who, e.toString());
                        answer.completeExceptionally(e);
                    }
                });
        return answer;
    }

    /**
     * Waits for an answer.
     *
     * @param busy what may keep the thread from answering
     */
    public <T> T answered(CompletableFuture<T> answer, String busy) {
        try {
            tasks.get(CompletableFuture.anyOf(answer, ended), ANSWER_DEADLINE);
            if (!answer.isDone()) {
                throw new PlumblineException(
                        FailureKind.MISSING, who + " is removed, or the agent is stopping");
            }
            return answer.join();
        } catch (TimeoutException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    who
                            + " "
                            + busy
                            + " for more than "
                            + ANSWER_DEADLINE.toSeconds()
                            + "s; try again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, who + ": the wait was interrupted");
        } catch (ExecutionException | CompletionException e) {
            throw switch (e.getCause()) {
                case PlumblineException p -> p;
                case Error error ->
                        new PlumblineException(FailureKind.FAULT, who + " failed: " + error, error);
                case null, default -> new IllegalStateException(e.getCause());
            };
        }
    }
}
