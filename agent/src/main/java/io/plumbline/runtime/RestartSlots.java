package io.plumbline.runtime;

import java.util.HashSet;
import java.util.Set;

/**
 * How many unhealthy containers of one engine may be restarted at once, by all pipelines together.
 * Safe for use by several threads.
 */
final class RestartSlots {
    private static final int AT_ONCE = 2;

    private final Set<String> taken = new HashSet<>();

    /** Takes a slot; false where all are taken. */
    synchronized boolean take(String who) {
        return taken.contains(who) || (taken.size() < AT_ONCE && taken.add(who));
    }

    /** Gives it back. */
    synchronized void free(String who) {
        taken.remove(who);
    }
}
