package io.plumbline.core.rollout;

import java.time.Duration;

/** How long to wait before the next try: doubles from the first to the longest. */
public record Backoff(Duration first, Duration longest) {

    /** After a failure that was not the release's own: 1 min to 1 h. */
    public static final Backoff DEPLOYMENT =
            new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

    /** After a repair or a look that failed: 1 s to 1 min. */
    public static final Backoff REPAIR = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** The wait after that many failures in a row, at least one. */
    public Duration after(int failures) {
        var wait = first;
        for (int i = 1; i < failures && wait.compareTo(longest) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(longest) > 0 ? longest : wait;
    }
}
