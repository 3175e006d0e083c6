package io.plumbline.port;

import java.time.Duration;
import java.time.Instant;

/** Time, so that tests can turn it. Durations are measured on a clock that only goes forward. */
public interface Ticker {

    /** Nanoseconds on a clock that only goes forward, for durations. */
    long nanos();

    /** The wall clock, for display only. */
    Instant now();

    /** The threads whose waits are measured on this clock. */
    default Tasks tasks() {
        return Tasks.virtual();
    }

    /** A clock of this process. */
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

    /** What is left of {@code total} when the time {@code sinceNanos} was taken at its begin. */
    default Duration left(Duration total, long sinceNanos) {
        return total.minusNanos(nanos() - sinceNanos);
    }
}
