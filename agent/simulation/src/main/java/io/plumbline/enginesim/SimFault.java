package io.plumbline.enginesim;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** How a simulated engine behaves badly. */
public sealed interface SimFault {
    /** It does not. */
    SimFault NONE = new None();

    /** Well behaved. */
    record None() implements SimFault {}

    /** Nobody listens; open connections are cut. */
    record Refuse() implements SimFault {}

    /** Connections are accepted and never answered; open streams fall silent. */
    record Hang() implements SimFault {}

    /** Each answer comes that much later. */
    record Slow(Duration by) implements SimFault {}

    /** Each answer waits for that. */
    record Held(CountDownLatch until) implements SimFault {}

    /** What comes is no HTTP, or HTTP whose body is no JSON, by turns. */
    record Garbage() implements SimFault {}

    /** The connection is closed in the middle of each answer; streams at once. */
    record Cut() implements SimFault {}
}
