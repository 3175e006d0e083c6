package io.plumbline.runtime.run;

import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.StepEngine.Attempt;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The removal of step containers that nobody waits for: attempts whose end is written, cancelled
 * ones, and those on an engine that was away. Each engine is looked at once after it answers, and
 * again when there is something to remove. A thread of its own does it, so that an engine that
 * hangs delays no step. The methods are for one thread.
 */
final class StepSweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepSweep.class);
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final String pipeline;
    private final Ticker ticker;
    private final Predicate<Attempt> wanted;
    private final Map<String, Long> swept = new HashMap<>();
    private final Set<String> needed = new HashSet<>();
    private final Map<String, Work> under = new HashMap<>();

    /**
     * Creates the sweep of a pipeline.
     *
     * @param wanted whether an attempt stays; called on any thread, after the engine listed it
     */
    StepSweep(String pipeline, Ticker ticker, Predicate<Attempt> wanted) {
        this.pipeline = pipeline;
        this.ticker = ticker;
        this.wanted = wanted;
    }

    private static final class Work {
        private Tasks.@Nullable Task thread;
        private volatile boolean done;
        private volatile boolean clean;
    }

    /** Says that an engine has something to remove. */
    void needed(String engine) {
        needed.add(engine);
    }

    /**
     * Begins to look at the engines that need it.
     *
     * @param engineName the pipeline's name on engines
     */
    void sweep(String engineName, List<EngineDriver> engines) {
        for (var engine : engines) {
            var before = under.get(engine.name());
            if (before != null && !before.done) {
                continue;
            }
            if (before != null) {
                under.remove(engine.name());
                if (!before.clean) {
                    needed.add(engine.name());
                }
            }
            var seen = engine.seen();
            boolean returned = !Long.valueOf(seen.sinceNanos()).equals(swept.get(engine.name()));
            if (engine.steps().isEmpty()
                    || !seen.reachable()
                    || !engine.contested(true).isEmpty()
                    || !(returned || needed.contains(engine.name()))) {
                continue;
            }
            swept.put(engine.name(), seen.sinceNanos());
            needed.remove(engine.name());
            var work = new Work();
            under.put(engine.name(), work);
            work.thread =
                    ticker.tasks()
                            .start(
                                    "sweep-" + pipeline + "@" + engine.name(),
                                    () -> run(engine, engineName, work));
        }
    }

    private void run(EngineDriver engine, String engineName, Work work) {
        try {
            var steps = engine.steps().orElseThrow();
            for (var attempt : steps.attempts(engineName)) {
                if (!wanted.test(attempt)) {
                    steps.stop(attempt, GRACE);
                    steps.remove(attempt);
                }
            }
            work.clean = true;
        } catch (PlumblineException e) {
            LOG.warn(
                    "containers of steps of {} stay on engine {}: {}",
                    pipeline,
                    engine.name(),
                    e.getMessage());
        } finally {
            work.done = true;
        }
    }

    @Override
    public void close() {
        for (var work : under.values()) {
            var thread = work.thread;
            if (thread != null) {
                thread.interrupt();
            }
        }
    }
}
