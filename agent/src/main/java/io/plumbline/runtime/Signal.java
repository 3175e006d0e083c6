package io.plumbline.runtime;

import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A signal between threads. Any number given before it is taken are one. One thread takes it. */
final class Signal {
    private final AtomicBoolean given = new AtomicBoolean();
    private final Tasks.Inbox<Boolean> inbox;

    Signal(Tasks tasks) {
        this.inbox = tasks.inbox();
    }

    /** Never waits. */
    void give() {
        if (given.compareAndSet(false, true)) {
            inbox.add(true);
        }
    }

    /** Waits until it is given. */
    void take() throws InterruptedException {
        inbox.take();
        given.set(false);
    }

    /** Waits until it is given, at most so long; whether it was. */
    boolean take(Duration atMost) throws InterruptedException {
        boolean was = inbox.poll(atMost) != null;
        if (was) {
            given.set(false);
        }
        return was;
    }
}
