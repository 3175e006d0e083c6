package io.plumbline.port;

import java.time.Duration;
import java.time.Instant;

/** A clock that tests can replace. Durations are measured with a monotonic clock. */
public interface Ticker {

    /** Returns the nanoseconds of a monotonic clock, for durations. */
    long nanos();

    /** Returns the time of the wall clock, for display only. */
    Instant now();

    /** Returns the threads whose waits use this clock. */
    default Tasks tasks() {
        return Tasks.virtual();
    }

    /** Returns the clock of this process. */
    static Ticker system() {
        return new Ticker() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public Instant now() {
                return Instant.now();
            }
        };
    }

    /** Returns the rest of {@code total} if it began at {@code sinceNanos}. */
    default Duration left(Duration total, long sinceNanos) {
        return total.minusNanos(nanos() - sinceNanos);
    }
}
