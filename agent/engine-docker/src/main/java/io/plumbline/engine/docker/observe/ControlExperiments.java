package io.plumbline.engine.docker.observe;

import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlResult.Outcome;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control containers of one engine, which its pipelines share. The agent runs one at a time and
 * at most one a minute. One that passes confirms failures that began before it. One that fails
 * excuses all failures until the next is due. Safe for any thread.
 */
public final class ControlExperiments {
    private static final Logger LOG = LoggerFactory.getLogger(ControlExperiments.class);

    /** Minimum time between two control containers. */
    static final Duration PAUSE = Duration.ofMinutes(1);

    private final EngineClient engine;
    private final Ticker ticker;
    private @Nullable Made last;
    private boolean underWay;

    private record Made(ControlSpec spec, ControlResult result, long at) {}

    public ControlExperiments(EngineClient engine, Ticker ticker) {
        this.engine = engine;
        this.ticker = ticker;
    }

    /**
     * Returns the result of a control container that was run after {@code since}; runs one if there
     * is none.
     *
     * @param since on the monotonic clock
     * @return empty if the next control container is not due yet, or if one is in progress
     */
    public Optional<ControlResult> after(long since, ControlSpec spec) {
        synchronized (this) {
            var known = last;
            boolean young = known != null && ticker.nanos() - known.at() < PAUSE.toNanos();
            if (known != null && says(known, spec)) {
                // A failure excuses later failures for a while; a pass says nothing about later
                // ones.
                boolean passed = known.result().outcome() == Outcome.PASSED;
                if (passed ? known.at() - since >= 0 : young) {
                    return Optional.of(known.result());
                }
            }
            if (young || underWay) {
                return Optional.empty();
            }
            underWay = true;
        }
        return Optional.of(made(spec));
    }

    /**
     * Runs without the lock, because it takes seconds. Other callers get an empty result meanwhile.
     */
    private ControlResult made(ControlSpec spec) {
        Made made = null;
        try {
            var result = engine.control(spec);
            made = new Made(spec, result, ticker.nanos());
            LOG.info(
                    "engine {}: control experiment {}: {} {}",
                    engine.name(),
                    spec,
                    result.outcome(),
                    result.text());
            return result;
        } finally {
            synchronized (this) {
                underWay = false;
                last = made == null ? last : made;
            }
        }
    }

    /**
     * Whether a known result answers the question for {@code spec}. A pass with more features
     * implies a pass with fewer; a failure with fewer implies a failure with more.
     */
    private static boolean says(Made known, ControlSpec spec) {
        return known.result().outcome() == Outcome.PASSED
                ? known.spec().covers(spec)
                : spec.covers(known.spec());
    }
}
