package io.plumbline.port;

import java.time.Instant;

/**
 * How far the reader of a container's log has come.
 *
 * @param container the container's id or its beginning
 * @param at the time of the last line that it saw, by the engine's clock
 * @param lines how many lines with exactly that time it saw
 */
public record LogCursor(String container, Instant at, int lines) {
    /** When a line with that time was seen; one that comes late moves nothing. */
    public LogCursor after(Instant next) {
        if (next.isBefore(at)) {
            return this;
        }
        return next.equals(at)
                ? new LogCursor(container, at, lines + 1)
                : new LogCursor(container, next, 1);
    }
}
