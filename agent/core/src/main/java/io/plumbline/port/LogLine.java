package io.plumbline.port;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * A line of a container's log.
 *
 * @param at time of the line, by the engine's clock; null if the engine does not report it
 * @param text without its line end
 */
public record LogLine(@Nullable Instant at, String text) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

    /**
     * Returns the text with the time before it, {@code -} for none: {@code 2026-01-31T08:15:00.123Z
     * ...}.
     */
    public String timed() {
        return (at == null ? "-" : TIME.format(at)) + " " + text;
    }
}
