package io.plumbline.engine.docker.apply;

import io.plumbline.engine.docker.observe.ActionSlots;
import io.plumbline.engine.docker.observe.BoundedParallel;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The runner of batches: units of actions without a dependency between them.
 *
 * <ol>
 *   <li>Units are written to the ledger before they begin, several in one write.
 *   <li>They run at the same time, as many as {@link ActionSlots} permits.
 *   <li>No further unit begins after a failure, another target, or an event that a container of the
 *       pipeline ended. The units that run come to their end.
 *   <li>The results are counted in the order of the plan ({@link BatchResults}).
 * </ol>
 *
 * <p>One thread only, except for the calls of a batch.
 */
final class BatchRunner {
    private final Tasks tasks;
    private final EngineWatcher engine;
    private final ActionSlots slots;
    private final ActionLog log;
    private final ActionRunner runner;
    private final ConnectionDrain handover;
    private final KeptLogs logs;
    private final RepairPace pace;
    private final BatchResults results;

    BatchRunner(
            Tasks tasks,
            EngineWatcher engine,
            ActionSlots slots,
            ActionLog log,
            ActionRunner runner,
            ConnectionDrain handover,
            KeptLogs logs,
            RepairPace pace,
            BatchResults results) {
        this.tasks = tasks;
        this.engine = engine;
        this.slots = slots;
        this.log = log;
        this.runner = runner;
        this.handover = handover;
        this.logs = logs;
        this.pace = pace;
        this.results = results;
    }

    /**
     * One unit of a batch. A thread of the batch runs it; before and afterwards only the engine
     * reconciler's thread reads it.
     */
    static final class Attempt {
        private final List<Action> actions;
        private final ActionRunner.Unit unit = new ActionRunner.Unit();
        private final List<Action> done = new ArrayList<>();
        private @Nullable Action failing;
        private @Nullable PlumblineException failure;

        private Attempt(List<Action> actions) {
            this.actions = actions;
        }

        List<Action> actions() {
            return actions;
        }

        ActionRunner.Unit unit() {
            return unit;
        }

        /** Returns the actions that were done. */
        List<Action> done() {
            return done;
        }

        /** Returns the action that failed; null if none did. */
        @Nullable Action failing() {
            return failing;
        }

        @Nullable PlumblineException failure() {
            return failure;
        }
    }

    /**
     * Returns a step that runs a batch.
     *
     * @param current whether the target is still the one of the plan
     */
    Supplier<StepResult> step(
            List<List<Action>> units, PlanInput input, boolean deploying, BooleanSupplier current) {
        return () -> run(units, input, deploying, current);
    }

    private StepResult run(
            List<List<Action>> units, PlanInput input, boolean deploying, BooleanSupplier current) {
        var batch = units.stream().map(Attempt::new).toList();
        var written = new AtomicInteger();
        var failed = new AtomicBoolean();
        var pipeline = input.release().pipeline();
        long ends = engine.ends(pipeline);
        boolean endsNone = units.stream().flatMap(List::stream).noneMatch(BatchRunner::ends);
        try {
            BoundedParallel.each(
                    tasks,
                    "pipeline-" + pipeline + "@" + engine.engine().name() + "-action",
                    slots,
                    batch.size(),
                    () ->
                            !failed.get()
                                    && current.getAsBoolean()
                                    && (!endsNone || engine.ends(pipeline) == ends),
                    i -> {
                        if (i == written.get()) {
                            int to = Math.min(i + slots.parallelism(), units.size());
                            log.actions(
                                    units.subList(i, to).stream().flatMap(List::stream).toList());
                            written.set(to);
                        }
                        if (!deploying) {
                            pace.started(units.get(i), input);
                        }
                    },
                    i -> {
                        attempt(batch.get(i), input);
                        if (batch.get(i).failure() != null) {
                            failed.set(true);
                        }
                    });
        } finally {
            results.did(batch, input);
        }
        return results.of(batch, input);
    }

    private static boolean ends(Action action) {
        return action instanceof Action.Stop || action instanceof Action.Remove;
    }

    private void attempt(Attempt attempt, PlanInput input) {
        for (var action : attempt.actions) {
            boolean handsOver = handover.begins(action, input.observed());
            try {
                if (action instanceof Action.Remove r) {
                    input.observed().containers().stream()
                            .filter(c -> c.id().equals(r.containerId()))
                            .forEach(c -> logs.beforeRemoval(engine.engine(), c));
                }
                runner.run(action, input, attempt.unit);
            } catch (PlumblineException e) {
                attempt.failing = action;
                attempt.failure = e;
                return;
            }
            if (handsOver) {
                handover.begun(action);
            }
            attempt.done.add(action);
        }
    }
}
