package io.plumbline.engine.docker.apply;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.health.ContainerEvidence;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * The wait for containers to become healthy. A step runs their checks, and ends the wait of those
 * that are healthy. If none became healthy within the progress deadline, that is evidence against
 * the release. The deadline stands still while one of the containers does not answer. One thread
 * only.
 */
final class HealthWait {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration SLOW_TICK = Duration.ofSeconds(1);

    private final EngineWatcher engine;
    private final ContainerTracker tracker;
    private final Countdown progress;
    private final ActionLog log;
    private final int parallelism;

    /**
     * Creates the wait.
     *
     * @param parallelism how many checks run at the same time
     */
    HealthWait(
            EngineWatcher engine,
            ContainerTracker tracker,
            Countdown progress,
            ActionLog log,
            int parallelism) {
        this.engine = engine;
        this.tracker = tracker;
        this.progress = progress;
        this.log = log;
        this.parallelism = parallelism;
    }

    /**
     * Returns a step of the wait.
     *
     * @param waits the first actions of the stage's chains
     * @param actions all actions of the plan; the containers of later waits are checked, too
     */
    Supplier<StepResult> step(
            List<Action.Wait> waits,
            List<Action> actions,
            PlanInput input,
            Release release,
            boolean deploying) {
        return () -> await(waits, actions, input, release, deploying);
    }

    private StepResult await(
            List<Action.Wait> waits,
            List<Action> actions,
            PlanInput input,
            Release release,
            boolean deploying) {
        var w = waits.getFirst();
        var ids = new TreeSet<String>();
        actions.stream()
                .filter(Action.Wait.class::isInstance)
                .map(Action.Wait.class::cast)
                .forEach(x -> ids.add(x.containerId()));
        var waiting =
                input.observed().containers().stream().filter(c -> ids.contains(c.id())).toList();
        boolean answers = waiting.stream().noneMatch(input.observed()::unresponsive);
        if (answers) {
            progress.run();
        } else {
            // A container that does not answer is not the release's fault.
            progress.stop();
        }
        var tick = tick(release);
        tracker.probe(engine.engine(), waiting, tick, parallelism);
        var now = tracker.verdicts(input.observed());
        var healthy =
                waits.stream().filter(x -> now.get(x.containerId()) == Verdict.HEALTHY).toList();
        if (!healthy.isEmpty()) {
            progress.refill(release.rollout().progressDeadline());
            log.healthy(healthy);
            return StepResult.unchanged();
        }
        var late = waiting.stream().filter(c -> c.id().equals(w.containerId())).findFirst();
        return deploying && answers && progress.over() && late.isPresent()
                ? StepResult.failed(
                        ContainerEvidence.noProgress(
                                late.get(),
                                Countdown.text(release.rollout().progressDeadline()),
                                tracker.checkSays(late.get())),
                        late.get())
                : StepResult.waiting(tick, "waiting for " + w.container() + " to be healthy");
    }

    /** Returns a longer interval for a release that takes long to become healthy. */
    private Duration tick(Release release) {
        var waited = release.rollout().progressDeadline().minus(progress.left());
        return waited.compareTo(SOON) < 0 ? StepResult.TICK : SLOW_TICK;
    }
}
