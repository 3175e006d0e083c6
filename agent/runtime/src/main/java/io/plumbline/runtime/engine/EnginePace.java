package io.plumbline.runtime.engine;

import io.plumbline.core.rollout.Backoff;
import java.time.Duration;
import java.util.Optional;

/**
 * The intervals at which an engine is asked, and how long it may not answer.
 *
 * @param heartbeat time between two pings
 * @param probe backoff between attempts to reach it again
 * @param stayed an engine that answered for this long counts as stable
 * @param shortStream an event stream that ends sooner than this counts as not opened
 * @param leastPatience minimum time that callers wait for an observation
 * @param mostPatience the same for a slow engine, and before the first observation
 */
public record EnginePace(
        Duration heartbeat,
        Backoff probe,
        Duration stayed,
        Duration shortStream,
        Duration leastPatience,
        Duration mostPatience) {

    /** The intervals of production. */
    public static final EnginePace USUAL =
            new EnginePace(
                    Duration.ofSeconds(10),
                    new Backoff(Duration.ofMillis(500), Duration.ofSeconds(15)),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(20));

    /**
     * Returns how long a caller waits for an engine of this usual latency: 20 times the latency,
     * within the limits.
     */
    public Duration patience(Optional<Duration> latency) {
        var usual = latency.orElse(Duration.ZERO).multipliedBy(20);
        var least = usual.compareTo(leastPatience) < 0 ? leastPatience : usual;
        return least.compareTo(mostPatience) > 0 ? mostPatience : least;
    }

    /** Returns the wait after so many failed attempts in a row; {@code jitter} is from 0 to 1. */
    public Duration rest(int failures, double jitter) {
        var part = 0.75 + jitter / 2;
        return Duration.ofNanos((long) (probe.after(failures).toNanos() * part));
    }
}
