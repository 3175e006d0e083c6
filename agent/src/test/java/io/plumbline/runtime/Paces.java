package io.plumbline.runtime;

import io.plumbline.core.rollout.Backoff;
import java.time.Duration;

/**
 * Paces of watching an engine that let a test state an order instead of a time: what waits for
 * something that takes {@link #NEVER} does not end, so whatever ends did not wait for it.
 */
final class Paces {
    /** Longer than any test. */
    static final Duration NEVER = Duration.ofHours(1);

    private Paces() {}

    /** Whoever waits for an engine's answer never stops waiting. */
    static EnginePace patient(EnginePace pace) {
        return new EnginePace(
                pace.heartbeat(), pace.probe(), pace.stayed(), pace.shortStream(), NEVER, NEVER);
    }

    /** An engine that did not answer is never tried again. */
    static EnginePace resting(EnginePace pace) {
        return new EnginePace(
                pace.heartbeat(),
                new Backoff(NEVER, NEVER),
                pace.stayed(),
                pace.shortStream(),
                pace.leastPatience(),
                pace.mostPatience());
    }
}
