package io.plumbline.core.rollout;

import java.time.Duration;

/** An exponential backoff: the wait doubles from {@code first} to {@code longest}. */
public record Backoff(Duration first, Duration longest) {

    /** After a failure that was not the release's own: 1 min to 1 h. */
    public static final Backoff DEPLOYMENT =
            new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));

    /** After a failed repair or observation: 1 s to 1 min. */
    public static final Backoff REPAIR = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1));

    /** Returns the wait after this number of failures in a row, at least one. */
    public Duration after(int failures) {
        var wait = first;
        for (int i = 1; i < failures && wait.compareTo(longest) < 0; i++) {
            wait = wait.multipliedBy(2);
        }
        return wait.compareTo(longest) > 0 ? longest : wait;
    }
}
