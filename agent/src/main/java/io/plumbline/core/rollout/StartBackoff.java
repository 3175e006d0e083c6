package io.plumbline.core.rollout;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The wait before a container that should run and does not is started again. The first start comes
 * at once; each further one waits twice as long, from 1 s to 5 min, after the start before it. When
 * ten minutes have passed since the last start, the next one comes at once again. It never gives
 * up. Not safe for several threads.
 */
public final class StartBackoff {
    private static final Backoff WAIT = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));
    private static final Duration RESET = Duration.ofMinutes(10);

    private final Map<String, Starts> starts = new HashMap<>();

    private record Starts(int count, long last) {
        Duration left(long nanos) {
            var left = WAIT.after(count).minusNanos(nanos - last);
            return left.isNegative() ? Duration.ZERO : left;
        }

        boolean over(long nanos) {
            return nanos - last >= RESET.toNanos();
        }
    }

    /** A container of that place is started, or was tried to. */
    public void started(String place, long nanos) {
        starts.compute(
                place, (_, s) -> new Starts(s == null || s.over(nanos) ? 1 : s.count() + 1, nanos));
    }

    /** The places whose next start has to wait. */
    public Set<String> waiting(long nanos) {
        starts.values().removeIf(s -> s.over(nanos));
        var out = new TreeSet<String>();
        starts.forEach(
                (place, s) -> {
                    if (s.left(nanos).isPositive()) {
                        out.add(place);
                    }
                });
        return out;
    }

    /** How long until the first of the waits is over; empty if none waits. */
    public Optional<Duration> next(long nanos) {
        return starts.values().stream()
                .map(s -> s.left(nanos))
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }

    /** How many starts a place had in a row. */
    public int count(String place) {
        var s = starts.get(place);
        return s == null ? 0 : s.count();
    }

    /** How long the next start of a place waits after the one before. */
    public Duration pause(String place) {
        var s = starts.get(place);
        return s == null ? Duration.ZERO : WAIT.after(s.count());
    }

    /** Forgets everything: an operator wants it tried at once, or a deployment begins. */
    public void clear() {
        starts.clear();
    }
}
