package io.plumbline.runtime.run;

import io.plumbline.api.StepRun;
import io.plumbline.core.step.RunMachine.Ready;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.port.driver.StepEngine.Order;
import io.plumbline.runtime.journal.World;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The attempts of one pipeline's steps that are under way, each with a slot on its engine. One
 * thread only, except {@link #live}.
 */
final class StepAttempts {
    private final String repository;
    private final World world;
    private final Artifacts artifacts;
    private final Map<String, StepTask> byStep = new HashMap<>();
    private final Set<Attempt> live = ConcurrentHashMap.newKeySet();
    private final StepSweep sweep;

    StepAttempts(String pipeline, String repository, World world, Artifacts artifacts) {
        this.repository = repository;
        this.world = world;
        this.artifacts = artifacts;
        this.sweep = new StepSweep(pipeline, world.ticker(), live::contains);
    }

    StepSweep sweep() {
        return sweep;
    }

    boolean has(String step) {
        return byStep.containsKey(step);
    }

    /** Whether the task is the one that is waited for. */
    boolean isCurrent(StepTask task) {
        return task.equals(byStep.get(task.step()));
    }

    /**
     * Begins an attempt, or finds it again. The slot is already taken; if this throws, it is given
     * back.
     *
     * @throws io.plumbline.port.PlumblineException {@code MISSING} if an input is not stored any
     *     more
     */
    void begin(
            StepRuns.Wanted w,
            Ready ready,
            StepRun step,
            EngineDriver engine,
            StepTask.Reports reports) {
        var name = ready.spec().name();
        var attempt =
                new Attempt(w.set().pipeline(), name, step.begun(), step.attempt(), step.key());
        boolean begun = false;
        try {
            var inputs = new StepInputs(artifacts, w.files());
            var workload = inputs.workload(ready);
            var order =
                    new Order(
                            attempt,
                            repository,
                            w.commit(),
                            workload,
                            inputs.bytes(),
                            w.ofImages());
            var task =
                    new StepTask(
                            new StepTask.Job(
                                    ready.spec(), order, w.pull(), step.startedAt() != null),
                            engine,
                            engine.steps().orElseThrow(),
                            artifacts,
                            world.secrets()::redact,
                            world.ticker(),
                            reports);
            live.add(attempt);
            byStep.put(name, task);
            task.start();
            begun = true;
        } finally {
            if (!begun) {
                world.fleet().steps().release(engine.name());
            }
        }
    }

    /** Notes that an attempt ended, so that its container may be removed. */
    void ended(StepTask task) {
        byStep.remove(task.step());
        release(task);
    }

    /** Ends the attempts of the steps that are not kept; their containers are removed. */
    void drop(Predicate<String> kept) {
        byStep.values()
                .removeIf(
                        task -> {
                            boolean goes = !kept.test(task.step());
                            if (goes) {
                                task.cancel();
                                release(task);
                            }
                            return goes;
                        });
    }

    private void release(StepTask task) {
        live.remove(task.attempt());
        world.fleet().steps().release(task.engineName());
        sweep.needed(task.engineName());
    }

    /** Ends all threads; the containers stay. */
    void close() {
        for (var task : byStep.values()) {
            task.cancel();
            world.fleet().steps().release(task.engineName());
        }
        sweep.close();
    }

    /** Returns the pause before the next attempt of a step. */
    static Duration pause(io.plumbline.manifest.StepRetry retry, int attempt) {
        double millis = retry.backoff().toMillis() * Math.pow(retry.factor(), attempt - 1.0);
        return Duration.ofMillis((long) Math.min(millis, (double) retry.maxDuration().toMillis()));
    }
}
