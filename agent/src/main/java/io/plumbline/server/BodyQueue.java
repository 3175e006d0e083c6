package io.plumbline.server;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Large bodies of strangers are read a few at once, so that the event loop always has time for the
 * small ones that honest hosts send. The others wait unread, each address in turn, and none reads
 * two at once. For one thread.
 */
final class BodyQueue {
    /** What is read at once, without waiting. */
    static final long SMALL = 64 * 1024;

    private static final int LANES = 2;
    private static final int LANES_OF_ADDRESS = 1;

    /** Each may hold some 200 KiB that were read before the connection could be paused. */
    private static final int MOST_WAITING = 32;

    private static final int MOST_WAITING_OF_ADDRESS = 8;

    private final Map<String, Integer> reading = new HashMap<>();
    private final SequencedMap<String, ArrayDeque<Runnable>> waiting = new LinkedHashMap<>();
    private int lanesTaken;
    private int waitingNow;

    /**
     * Asks to read a body: {@code go} is run at once or when it is its turn.
     *
     * @return whether it may wait at all
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
        return lanesTaken < LANES && reading.getOrDefault(address, 0) < LANES_OF_ADDRESS;
    }

    private void take(String address) {
        lanesTaken++;
        reading.merge(address, 1, Integer::sum);
    }

    /** A body that was read is done with: the next may come. */
    void leave(String address) {
        lanesTaken--;
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

    /** It waits no longer. */
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
