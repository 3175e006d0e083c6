package io.plumbline.core.rollout;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Sees that the same field of the same replica is repaired again and again: somebody else wants it
 * otherwise, and two that repair against each other only do harm. Not safe for several threads.
 */
public final class FightDetector {
    private static final int REPAIRS = 5;
    private static final long WINDOW_NANOS = 10L * 60 * 1_000_000_000;

    private final Map<String, Deque<Long>> repairs = new HashMap<>();

    /** A repair of that field is about to be done. */
    public void repaired(String what, long nanos) {
        var times = repairs.computeIfAbsent(what, _ -> new ArrayDeque<>());
        times.addLast(nanos);
        if (times.size() > REPAIRS) {
            times.removeFirst();
        }
    }

    /** Which of these is fought over now: repaired five times within the last ten minutes. */
    public Optional<String> contested(Collection<String> what, long nanos) {
        return what.stream()
                .filter(
                        w -> {
                            var times = repairs.get(w);
                            return times != null
                                    && times.size() >= REPAIRS
                                    && nanos - times.getFirst() < WINDOW_NANOS;
                        })
                .findFirst();
    }

    /** Forgets everything: an operator said so, or another release came. */
    public void clear() {
        repairs.clear();
    }
}
