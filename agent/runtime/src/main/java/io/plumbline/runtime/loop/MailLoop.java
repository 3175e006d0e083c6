package io.plumbline.runtime.loop;

import io.plumbline.port.Cause;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread with a {@link Mailbox}. Its loop makes a pass, then runs the mail that came meanwhile,
 * then makes the next pass. A pass that fails unexpectedly is reported and repeated after 5 s.
 */
public final class MailLoop {
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(5);

    private final Mailbox mailbox;
    private final Tasks.Task thread;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private volatile boolean closed;

    /**
     * Creates the thread without starting it.
     *
     * @param name the thread's name
     * @param body what the thread does; it calls {@link #run}
     */
    public MailLoop(Tasks tasks, String name, Runnable body) {
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
}
