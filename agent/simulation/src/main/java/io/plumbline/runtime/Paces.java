package io.plumbline.runtime;

import io.plumbline.core.rollout.Backoff;
import io.plumbline.runtime.engine.EnginePace;
import java.time.Duration;

/**
 * Paces of watching an engine that let a test state an order instead of a time: what waits for
 * something that takes {@link #NEVER} does not end, so whatever ends did not wait for it.
 */
public final class Paces {
    /** Longer than any test. */
    public static final Duration NEVER = Duration.ofHours(1);

    private Paces() {}

    /** Whoever waits for an engine's answer never stops waiting. */
    public static EnginePace patient(EnginePace pace) {
        return new EnginePace(
                pace.heartbeat(), pace.probe(), pace.stayed(), pace.shortStream(), NEVER, NEVER);
    }

    /** An engine that did not answer is never tried again. */
    public static EnginePace resting(EnginePace pace) {
        return new EnginePace(
                pace.heartbeat(),
                new Backoff(NEVER, NEVER),
                pace.stayed(),
                pace.shortStream(),
                pace.leastPatience(),
                pace.mostPatience());
    }
}
