package io.plumbline.core.rollout;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The growing wait before the same action is repeated: a container is started again, or its removal
 * is retried. The first times come at once. Each further one waits twice as long, from 1 s to 5
 * min, after the one before. When ten minutes have passed since the last one, the next comes at
 * once again. There is no limit of attempts. Not safe for several threads.
 */
public final class RepeatBackoff {
    private static final Backoff WAIT = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));
    private static final Duration RESET = Duration.ofMinutes(10);

    private final Map<String, Times> times = new HashMap<>();

    private final int atOnce;

    /**
     * Creates an empty backoff.
     *
     * @param atOnce how many times in a row come without a wait
     */
    public RepeatBackoff(int atOnce) {
        this.atOnce = atOnce;
    }

    private record Times(int count, long last) {
        boolean over(long nanos) {
            return nanos - last >= RESET.toNanos();
        }
    }

    /**
     * Records that the action was done or tried now.
     *
     * @return how often in a row
     */
    public int did(String what, long nanos) {
        var t = times.get(what);
        int count = t == null || t.over(nanos) ? 1 : t.count() + 1;
        times.put(what, new Times(count, nanos));
        return count;
    }

    /** Records that the last action failed: the next one waits, even if it was one of the first. */
    public void failed(String what) {
        times.computeIfPresent(what, (_, t) -> new Times(Math.max(t.count(), atOnce), t.last()));
    }

    private Duration wait(Times t) {
        return t.count() < atOnce ? Duration.ZERO : WAIT.after(t.count() - atOnce + 1);
    }

    private Duration left(Times t, long nanos) {
        var left = wait(t).minusNanos(nanos - t.last());
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Returns what has to wait. */
    public Set<String> waiting(long nanos) {
        times.values().removeIf(t -> t.over(nanos));
        var out = new TreeSet<String>();
        times.forEach(
                (what, t) -> {
                    if (left(t, nanos).isPositive()) {
                        out.add(what);
                    }
                });
        return out;
    }

    /** Returns how long until the first of the waits is over; empty if none waits. */
    public Optional<Duration> next(long nanos) {
        return times.values().stream()
                .map(t -> left(t, nanos))
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }

    /** Returns how often it was done in a row. */
    public int count(String what) {
        var t = times.get(what);
        return t == null ? 0 : t.count();
    }

    /** Returns how long the next time waits after the one before. */
    public Duration pause(String what) {
        var t = times.get(what);
        return t == null ? Duration.ZERO : wait(t);
    }

    /** Forgets all others. */
    public void retain(Predicate<String> what) {
        times.keySet().removeIf(what.negate());
    }

    /** Forgets everything, because an operator asks for a retry or a deployment begins. */
    public void clear() {
        times.clear();
    }
}
