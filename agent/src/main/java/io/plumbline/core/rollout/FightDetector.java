package io.plumbline.core.rollout;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * The detector of fields that somebody else keeps changing: two that repair against each other only
 * do harm. A field that was repaired five times within ten minutes is contested. It is left as it
 * is for ten minutes, repaired once, and contested again at once if it is changed within the next
 * ten minutes; else the fight is over. Not safe for several threads.
 */
public final class FightDetector {
    private static final int REPAIRS = 5;
    private static final long WINDOW_NANOS = 10L * 60 * 1_000_000_000;

    private final Map<String, Fight> fights = new HashMap<>();

    private static final class Fight {
        private final Deque<Long> repairs = new ArrayDeque<>();
        private long last;
        private boolean contested;
        private boolean wrong = true;
    }

    /** A repair of that field is about to be done. */
    public void repaired(String what, long nanos) {
        var fight = fights.computeIfAbsent(what, _ -> new Fight());
        fight.repairs.addLast(nanos);
        if (fight.repairs.size() > REPAIRS) {
            fight.repairs.removeFirst();
        }
        fight.last = nanos;
        fight.wrong = true;
        fight.contested |=
                fight.repairs.size() == REPAIRS && nanos - fight.repairs.getFirst() < WINDOW_NANOS;
    }

    /** These fields are wrong now, and all others right. */
    public void seen(Collection<String> wrong, long nanos) {
        fights.entrySet()
                .removeIf(
                        e -> {
                            var fight = e.getValue();
                            if (wrong.contains(e.getKey())) {
                                return false;
                            }
                            if (fight.wrong) {
                                fight.wrong = false;
                                fight.last = nanos;
                            }
                            return nanos - fight.last >= WINDOW_NANOS;
                        });
    }

    /** Whether somebody keeps changing it. */
    public boolean contested(String what) {
        var fight = fights.get(what);
        return fight != null && fight.contested;
    }

    /** Whether it is contested and not to be repaired now. */
    public boolean rests(String what, long nanos) {
        var fight = fights.get(what);
        return fight != null && fight.contested && nanos - fight.last < WINDOW_NANOS;
    }

    /** Forgets everything: an operator said so, or another release came. */
    public void clear() {
        fights.clear();
    }
}
