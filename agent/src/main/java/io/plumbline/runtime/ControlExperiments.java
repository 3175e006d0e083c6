package io.plumbline.runtime;

import io.plumbline.port.ControlResult;
import io.plumbline.port.ControlResult.Outcome;
import io.plumbline.port.ControlSpec;
import io.plumbline.port.Engine;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control experiments of one engine, shared by its pipelines: at most one a minute, one at a
 * time. One that passed speaks against everyone whose trouble began before it; one that failed
 * excuses everyone until the next is due. Safe for any thread.
 */
final class ControlExperiments {
    private static final Logger LOG = LoggerFactory.getLogger(ControlExperiments.class);

    /** Between two experiments. */
    static final Duration PAUSE = Duration.ofMinutes(1);

    private final Engine engine;
    private final Ticker ticker;
    private @Nullable Made last;
    private boolean underWay;

    private record Made(ControlSpec spec, ControlResult result, long at) {}

    ControlExperiments(Engine engine, Ticker ticker) {
        this.engine = engine;
        this.ticker = ticker;
    }

    /**
     * What an experiment shows that was made after {@code since}; makes one if none was.
     *
     * @param since on the clock that only goes forward
     * @return empty when the next experiment is not due yet, or one is under way
     */
    Optional<ControlResult> after(long since, ControlSpec spec) {
        synchronized (this) {
            var known = last;
            boolean young = known != null && ticker.nanos() - known.at() < PAUSE.toNanos();
            if (known != null && says(known, spec)) {
                // What failed excuses everyone for a while; what passed proves nothing of later.
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

    /** Without a lock: it takes seconds. Whoever asks meanwhile asks again later. */
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

    /** What passed with more passes with less; what failed with less fails with more. */
    private static boolean says(Made known, ControlSpec spec) {
        return known.result().outcome() == Outcome.PASSED
                ? known.spec().covers(spec)
                : spec.covers(known.spec());
    }
}
