package io.plumbline.runtime.rollout;

import io.plumbline.core.rollout.EventType;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Records that an engine with replicas of the pipeline does not answer, and that it answers again.
 * An engine that is silent for less than {@link #PATIENCE} has no event. After a restart of the
 * agent an outage that goes on has a second event. One thread only.
 */
final class EngineOutages {
    /** Shorter than anybody would act on, longer than a restart of the daemon. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Journal journal;
    private final Ticker ticker;
    private final Map<String, Outage> outages = new HashMap<>();

    private record Outage(long since, boolean reported) {}

    EngineOutages(Journal journal, Ticker ticker) {
        this.journal = journal;
        this.ticker = ticker;
    }

    /**
     * Compares the engines' reports with what was recorded.
     *
     * @return how long to wait for the next look, at most
     */
    Duration look(PipelineEngines engines) {
        outages.keySet().removeIf(name -> engines.find(name).isEmpty());
        var again = Decision.IDLE;
        for (var engine : engines.all()) {
            var standing = engine.standing();
            if (standing.isEmpty()) {
                continue;
            }
            if (!PipelineEngines.away(standing.get())) {
                returned(engine.name());
            } else if (engine.wanted()) {
                var left = away(engine.name(), standing.get().why());
                again = left.compareTo(again) < 0 ? left : again;
            }
        }
        return again;
    }

    private Duration away(String engine, String why) {
        long now = ticker.nanos();
        var outage = outages.computeIfAbsent(engine, _ -> new Outage(now, false));
        if (outage.reported()) {
            return Decision.IDLE;
        }
        var left = PATIENCE.minusNanos(now - outage.since());
        if (left.isPositive()) {
            return left;
        }
        journal.tell(
                engine,
                EventType.ENGINE_UNREACHABLE,
                "",
                "engine",
                "reachable",
                "unreachable",
                why + ". What runs there goes on, and nothing is repaired");
        outages.put(engine, new Outage(outage.since(), true));
        return Decision.IDLE;
    }

    private void returned(String engine) {
        var outage = outages.remove(engine);
        if (outage != null && outage.reported()) {
            var lasted = Duration.ofNanos(ticker.nanos() - outage.since());
            journal.tell(
                    engine,
                    EventType.ENGINE_REACHABLE,
                    "",
                    "engine",
                    "unreachable",
                    "reachable",
                    "engine "
                            + engine
                            + " answers again after "
                            + Countdown.text(Duration.ofSeconds(lasted.toSeconds())));
        }
    }
}
