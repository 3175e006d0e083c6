package io.plumbline.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A pipeline's mailbox. Hints carry nothing and coalesce: one that comes while the pipeline is
 * worked on causes another look after it. Commands are done in order.
 */
final class Mailbox {
    private static final Runnable NOTHING = () -> {};

    private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
    private final AtomicBoolean hinted = new AtomicBoolean();

    /** Says "look now". */
    void hint() {
        if (hinted.compareAndSet(false, true)) {
            commands.add(NOTHING);
        }
    }

    /** Adds a command, run by the pipeline's own thread. */
    void post(Runnable command) {
        commands.add(command);
    }

    /** Whether somebody wants something. */
    boolean waiting() {
        return !commands.isEmpty();
    }

    /** Waits for mail, at most so long, and takes all of it. */
    List<Runnable> take(Duration atMost) throws InterruptedException {
        var out = new ArrayList<Runnable>();
        var first = commands.poll(Math.max(0, atMost.toMillis()), TimeUnit.MILLISECONDS);
        if (first != null) {
            out.add(first);
            commands.drainTo(out);
        }
        hinted.set(false);
        out.removeIf(c -> c == NOTHING);
        return out;
    }
}
