package io.plumbline.port.driver;

import java.util.HashSet;
import java.util.Set;

/**
 * The limit of concurrent restarts of unhealthy replicas on one engine, for all pipelines together.
 * Safe for several threads.
 */
public final class RestartSlots {
    private static final int AT_ONCE = 2;

    private final Set<String> taken = new HashSet<>();

    /** Takes a slot; returns false if all are taken. */
    public synchronized boolean take(String who) {
        return taken.contains(who) || (taken.size() < AT_ONCE && taken.add(who));
    }

    /** Returns a slot. */
    public synchronized void free(String who) {
        taken.remove(who);
    }
}
