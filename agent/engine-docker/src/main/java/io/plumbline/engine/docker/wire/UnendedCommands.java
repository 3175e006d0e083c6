package io.plumbline.engine.docker.wire;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The last command that was started in each container and is not known to have ended: the engine's
 * exec id, or the empty string. It keeps the containers that were asked for last. Safe for any
 * thread.
 */
final class UnendedCommands {
    private static final int MOST = 10_000;

    private final Map<String, String> byContainer =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
                    return size() > MOST;
                }
            };

    /**
     * Returns the command of a container, which {@code unknown} looks up if the container is not
     * known.
     */
    String find(String container, Supplier<String> unknown) {
        synchronized (byContainer) {
            String known = byContainer.get(container);
            if (known != null) {
                return known;
            }
        }
        String found = unknown.get();
        put(container, found);
        return found;
    }

    void put(String container, String exec) {
        synchronized (byContainer) {
            byContainer.put(container, exec);
        }
    }
}
