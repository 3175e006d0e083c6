package io.plumbline.server;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The queue for large request bodies of webhooks. It limits how many are read at the same time, so
 * that the event loop has time for small ones. The others wait unread. The addresses take turns,
 * and each address has at most one body that is read. For one thread.
 */
final class BodyQueue {
    /** Largest body that is read at once, in bytes. */
    static final long SMALL = 64 * 1024;

    private static final int RECONCILERS = 2;
    private static final int LANES_OF_ADDRESS = 1;

    /**
     * Each waiting request can hold about 200 KiB that arrived before the connection was paused.
     */
    private static final int MOST_WAITING = 32;

    private static final int MOST_WAITING_OF_ADDRESS = 8;

    private final Map<String, Integer> reading = new HashMap<>();
    private final SequencedMap<String, ArrayDeque<Runnable>> waiting = new LinkedHashMap<>();
    private int reconcilersTaken;
    private int waitingNow;

    /**
     * Requests to read a body. {@code go} runs at once or when it is the request's turn.
     *
     * @return false if too many requests wait; then {@code go} never runs
     */
    boolean enter(String address, Runnable go) {
        if (free(address)) {
            take(address);
            go.run();
            return true;
        }
        var queue = waiting.get(address);
        if (waitingNow >= MOST_WAITING
                || (queue != null && queue.size() >= MOST_WAITING_OF_ADDRESS)) {
            return false;
        }
        waiting.computeIfAbsent(address, _ -> new ArrayDeque<>()).add(go);
        waitingNow++;
        return true;
    }

    private boolean free(String address) {
        return reconcilersTaken < RECONCILERS
                && reading.getOrDefault(address, 0) < LANES_OF_ADDRESS;
    }

    private void take(String address) {
        reconcilersTaken++;
        reading.merge(address, 1, Integer::sum);
    }

    /** Ends the reading of a body and starts the next one. */
    void leave(String address) {
        reconcilersTaken--;
        reading.computeIfPresent(address, (_, n) -> n > 1 ? n - 1 : null);
        for (var next = next(); next != null; next = next()) {
            next.run();
        }
    }

    private @Nullable Runnable next() {
        for (var entry : waiting.entrySet()) {
            var address = entry.getKey();
            if (free(address)) {
                var queue = entry.getValue();
                var go = queue.poll();
                waiting.remove(address);
                if (!queue.isEmpty()) {
                    waiting.putLast(address, queue);
                }
                if (go != null) {
                    waitingNow--;
                    take(address);
                }
                return go;
            }
        }
        return null;
    }

    /** Removes a request that waits. */
    void forget(String address, Runnable go) {
        var queue = waiting.get(address);
        if (queue != null && queue.remove(go)) {
            waitingNow--;
            if (queue.isEmpty()) {
                waiting.remove(address);
            }
        }
    }
}
