package io.plumbline.port;

import java.time.Instant;

/** The start of a read of a container's log. */
public sealed interface LogStart {

    /**
     * The last lines.
     *
     * @param lines number of lines; 0 for all
     */
    record Tail(int lines) implements LogStart {}

    /** The lines from now on. */
    record Now() implements LogStart {}

    /**
     * The lines from a given time on.
     *
     * @param at by the engine's clock
     * @param lines number of the last lines of these; 0 for all
     */
    record Since(Instant at, int lines) implements LogStart {
        /** Creates a start with all lines from the given time on. */
        public Since(Instant at) {
            this(at, 0);
        }
    }
}
