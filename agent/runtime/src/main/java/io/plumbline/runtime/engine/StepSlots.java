package io.plumbline.runtime.engine;

import java.util.HashMap;
import java.util.Map;

/**
 * The number of steps that run on each engine, of all pipelines. One more begins only while there
 * are fewer than the limit. Safe for several threads.
 */
public final class StepSlots {
    private static final int MOST = 8;

    private final Map<String, Integer> taken = new HashMap<>();

    /** Returns how many steps run on an engine. */
    public synchronized int taken(String engine) {
        return taken.getOrDefault(engine, 0);
    }

    /** Takes a slot if one is free. */
    public synchronized boolean take(String engine) {
        if (taken(engine) >= MOST) {
            return false;
        }
        taken.merge(engine, 1, Integer::sum);
        return true;
    }

    /** Takes a slot in any case, for a step that runs already. */
    public synchronized void takeAlways(String engine) {
        taken.merge(engine, 1, Integer::sum);
    }

    /** Returns a slot. */
    public synchronized void release(String engine) {
        taken.merge(engine, -1, Integer::sum);
    }
}
