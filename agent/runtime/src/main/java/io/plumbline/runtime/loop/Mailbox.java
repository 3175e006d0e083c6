package io.plumbline.runtime.loop;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Cause;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The mailbox of a thread. Hints carry no data and coalesce: a hint that comes during a pass causes
 * another pass after it. Commands run in the order in which they came.
 */
public final class Mailbox {
    private final Tasks tasks;
    private final Tasks.Inbox<Optional<Runnable>> mail;
    private final AtomicBoolean hinted = new AtomicBoolean();
    private final AtomicReference<@Nullable Cause> cause = new AtomicReference<>();

    public Mailbox(Tasks tasks) {
        this.tasks = tasks;
        this.mail = tasks.inbox();
    }

    /** Requests a pass, and says why; of several hints the first counts. */
    public void hint(@Nullable Cause why) {
        if (why != null) {
            cause.compareAndSet(null, why);
        }
        hint();
    }

    /** Requests a pass that goes on with the work of the last one. */
    public void hint() {
        if (hinted.compareAndSet(false, true)) {
            mail.add(Optional.empty());
        }
    }

    /** Adds a command, which the owner's thread runs. */
    public void post(Runnable command) {
        mail.add(Optional.of(command));
    }

    /**
     * Runs a question on the owner's thread and waits for the answer.
     *
     * @param who is asked, for messages: {@code engine aws}
     * @throws PlumblineException {@code UNREACHABLE} if there is no answer within {@code atMost};
     *     exceptions of the question itself are thrown, too
     */
    public <T> T ask(String who, Supplier<T> question, Duration atMost) {
        var answer = new CompletableFuture<T>();
        post(() -> Tasks.settle(answer, question));
        try {
            return tasks.get(answer, atMost);
        } catch (TimeoutException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    who
                            + " is busy with one action for more than "
                            + atMost.toSeconds()
                            + "s; try again");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof PlumblineException p
                    ? p
                    : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, who + ": the wait was interrupted");
        }
    }

    /**
     * Waits for mail, at most {@code atMost}, and takes the commands that came. Sets the thread's
     * trigger to the cause of the hints, or to a timer if no mail came.
     */
    List<Runnable> take(Duration atMost) throws InterruptedException {
        var taken = new ArrayList<Optional<Runnable>>();
        var first = mail.poll(atMost);
        if (first != null) {
            taken.add(first);
            taken.addAll(mail.drain());
        }
        // Last: a hint that came before this line is merged with those taken, and the requested
        // pass comes after it. If the mark were cleared earlier, a hint could be drained with its
        // mark left set, and no later hint would wake the thread.
        hinted.set(false);
        var why = cause.getAndSet(null);
        if (why != null || first == null) {
            LogFields.trigger(why == null ? Cause.TIMER : why);
        }
        return taken.stream().flatMap(Optional::stream).toList();
    }
}
