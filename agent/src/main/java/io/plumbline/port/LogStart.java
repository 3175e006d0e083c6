package io.plumbline.port;

import java.time.Instant;

/** Where reading a container's log begins. */
public sealed interface LogStart {

    /**
     * With the last lines.
     *
     * @param lines how many; 0 for all
     */
    record Tail(int lines) implements LogStart {}

    /** With what is logged from now on. */
    record Now() implements LogStart {}

    /**
     * With what was logged then and later.
     *
     * @param at by the engine's clock
     * @param lines the last lines of it; 0 for all
     */
    record Since(Instant at, int lines) implements LogStart {
        /** All of it. */
        public Since(Instant at) {
            this(at, 0);
        }
    }
}
