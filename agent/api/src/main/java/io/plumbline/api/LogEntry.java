package io.plumbline.api;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** A line of a service's log. */
@Doc("A line of a service's log.")
public record LogEntry(
        @Doc("The line.") String line,
        @Doc("Name of the engine.") String engine,
        @Doc("Name of the container.") String container,
        @Doc("Id of the container. Null for a line that was kept of one that is gone.")
                @Nullable String id,
        @Doc(
                        "The engine's time of the line, RFC 3339 with nanoseconds. Null if the log driver"
                                + " keeps none.")
                @Nullable String at) {

    /** The same time. Null if there is none. */
    public @Nullable Instant time() {
        try {
            return at == null ? null : Instant.parse(at);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** What is no line of the log. */
    @Doc("What is no line of the log: a container that joins, where kept lines come from.")
    public record Note(@Doc("A sentence.") String note) {}
}
