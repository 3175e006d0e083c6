package io.plumbline.runtime.loop;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The limit of repeated warnings: the same warning at most once an hour. Safe for several threads.
 */
public final class HourlyWarnings {
    private static final Duration PAUSE = Duration.ofHours(1);

    private final Ticker ticker;
    private final Map<String, Long> logged = new ConcurrentHashMap<>();

    public HourlyWarnings(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Whether the warning about {@code subject} is due; if so, it counts as logged. */
    public boolean due(String subject) {
        long now = ticker.nanos();
        var last = logged.get(subject);
        if (last != null && now - last < PAUSE.toNanos()) {
            return false;
        }
        logged.put(subject, now);
        return true;
    }
}
