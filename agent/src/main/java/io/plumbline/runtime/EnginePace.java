package io.plumbline.runtime;

import io.plumbline.core.rollout.Backoff;
import java.time.Duration;
import java.util.Optional;

/**
 * How often an engine is asked, and how long it may be silent.
 *
 * @param heartbeat between two signs of life
 * @param probe between two tries to find it again
 * @param stayed so long it must have answered to count as one that stays
 * @param shortStream an event stream that ends sooner than that never was one
 * @param leastPatience of those who wait for a look
 * @param mostPatience the same for a slow engine, and before the first look
 */
record EnginePace(
        Duration heartbeat,
        Backoff probe,
        Duration stayed,
        Duration shortStream,
        Duration leastPatience,
        Duration mostPatience) {

    /** Of an engine in production. */
    static final EnginePace USUAL =
            new EnginePace(
                    Duration.ofSeconds(10),
                    new Backoff(Duration.ofMillis(500), Duration.ofSeconds(15)),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(20));

    /** How long an engine of that usual latency may be silent while somebody waits for it. */
    Duration patience(Optional<Duration> latency) {
        var usual = latency.orElse(Duration.ZERO).multipliedBy(20);
        var least = usual.compareTo(leastPatience) < 0 ? leastPatience : usual;
        return least.compareTo(mostPatience) > 0 ? mostPatience : least;
    }

    /** How long to wait after so many tries in a row that failed; {@code jitter} is from 0 to 1. */
    Duration rest(int failures, double jitter) {
        var part = 0.75 + jitter / 2;
        return Duration.ofNanos((long) (probe.after(failures).toNanos() * part));
    }
}
