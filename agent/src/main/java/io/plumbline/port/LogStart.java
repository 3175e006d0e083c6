package io.plumbline.port;

import java.time.Instant;

/** Where following a container's log begins. */
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
     */
    record Since(Instant at) implements LogStart {}
}
