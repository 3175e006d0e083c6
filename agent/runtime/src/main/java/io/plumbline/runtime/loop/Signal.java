package io.plumbline.runtime.loop;

import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A signal between threads. Signals that come before one is taken count as one. Only one thread
 * takes it.
 */
public final class Signal {
    private final AtomicBoolean given = new AtomicBoolean();
    private final Tasks.Inbox<Boolean> inbox;

    public Signal(Tasks tasks) {
        this.inbox = tasks.inbox();
    }

    /** Gives the signal; never waits. */
    public void give() {
        if (given.compareAndSet(false, true)) {
            inbox.add(true);
        }
    }

    /** Waits for the signal. */
    public void take() throws InterruptedException {
        inbox.take();
        given.set(false);
    }

    /** Waits for the signal, at most {@code atMost}; returns whether it came. */
    public boolean take(Duration atMost) throws InterruptedException {
        boolean was = inbox.poll(atMost) != null;
        if (was) {
            given.set(false);
        }
        return was;
    }
}
