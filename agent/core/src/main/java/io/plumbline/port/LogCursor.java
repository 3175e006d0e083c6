package io.plumbline.port;

import java.time.Instant;

/**
 * The position of a reader in a container's log.
 *
 * @param replica the container's id or its prefix
 * @param at time of the last line that was read, by the engine's clock
 * @param lines number of lines with exactly this time that were read
 */
public record LogCursor(String replica, Instant at, int lines) {
    /** Returns the position after a line with this time; an earlier time does not change it. */
    public LogCursor after(Instant next) {
        if (next.isBefore(at)) {
            return this;
        }
        return next.equals(at)
                ? new LogCursor(replica, at, lines + 1)
                : new LogCursor(replica, next, 1);
    }
}
