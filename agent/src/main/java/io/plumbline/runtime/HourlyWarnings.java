package io.plumbline.runtime;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** When a warning that stays true is to be logged again: at most hourly. Safe for threads. */
final class HourlyWarnings {
    private static final Duration PAUSE = Duration.ofHours(1);

    private final Ticker ticker;
    private final Map<String, Long> logged = new ConcurrentHashMap<>();

    HourlyWarnings(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Whether the warning about {@code subject} is to be logged now; then it counts as logged. */
    boolean due(String subject) {
        long now = ticker.nanos();
        var last = logged.get(subject);
        if (last != null && now - last < PAUSE.toNanos()) {
            return false;
        }
        logged.put(subject, now);
        return true;
    }
}
