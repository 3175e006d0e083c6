package io.plumbline.core.rollout;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * The detector of contested fields: fields that another client changes again after each repair. A
 * field that was repaired five times within ten minutes is contested. It is not repaired for ten
 * minutes, then once. If it is changed within the next ten minutes, it is contested again at once;
 * else the contest is over. Not safe for several threads.
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

    /** Records a repair of this field before it is done. */
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

    /** Records an observation: these fields differ now, and no others. */
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

    /** Whether another client keeps changing the field. */
    public boolean contested(String what) {
        var fight = fights.get(what);
        return fight != null && fight.contested;
    }

    /** Whether the field is contested and must not be repaired now. */
    public boolean rests(String what, long nanos) {
        var fight = fights.get(what);
        return fight != null && fight.contested && nanos - fight.last < WINDOW_NANOS;
    }

    /** Forgets everything, because an operator asks for it or another release is deployed. */
    public void clear() {
        fights.clear();
    }
}
