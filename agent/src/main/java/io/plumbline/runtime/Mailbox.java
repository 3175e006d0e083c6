package io.plumbline.runtime;

import io.plumbline.core.FailureKind;
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
import java.util.function.Supplier;

/**
 * A pipeline's mailbox. Hints carry nothing and coalesce: one that comes while the pipeline is
 * worked on causes another look after it. Commands are done in order.
 */
final class Mailbox {
    private final Tasks tasks;
    private final Tasks.Inbox<Optional<Runnable>> mail;
    private final AtomicBoolean hinted = new AtomicBoolean();

    Mailbox(Tasks tasks) {
        this.tasks = tasks;
        this.mail = tasks.inbox();
    }

    /** Says "look now". */
    void hint() {
        if (hinted.compareAndSet(false, true)) {
            mail.add(Optional.empty());
        }
    }

    /** Adds a command, run by the pipeline's own thread. */
    void post(Runnable command) {
        mail.add(Optional.of(command));
    }

    /**
     * Has a question answered by the own thread, and waits for that.
     *
     * @param who is asked, for messages: {@code engine aws}
     * @throws PlumblineException {@code UNREACHABLE} when there is no answer within {@code atMost};
     *     what the question itself throws is thrown here
     */
    <T> T ask(String who, Supplier<T> question, Duration atMost) {
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

    /** Waits for mail, at most so long, and takes the commands that came. */
    List<Runnable> take(Duration atMost) throws InterruptedException {
        var taken = new ArrayList<Optional<Runnable>>();
        var first = mail.poll(atMost);
        if (first != null) {
            taken.add(first);
            taken.addAll(mail.drain());
        }
        // Last: a hint that is given until here is one with those taken, and the look that it asks
        // for comes after this. Cleared earlier, one could be drained with its mark left behind,
        // and no later hint would wake anybody.
        hinted.set(false);
        return taken.stream().flatMap(Optional::stream).toList();
    }
}
