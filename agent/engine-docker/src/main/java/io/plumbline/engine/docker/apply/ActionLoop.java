package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.apply.Doubts.Ruling;
import io.plumbline.engine.docker.health.ContainerEvidence;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The executor of an engine reconciler's plan, one step at a time. A step records and does the
 * first unit, or waits a moment for the first pull or wait. The next observation shows the results.
 * The memory of this class lasts for one leg. One thread only.
 */
public final class ActionLoop {
    private static final Duration NOW = Duration.ZERO;

    /** Time between two observations during a wait. */
    static final Duration TICK = Duration.ofMillis(250);

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration SLOW_TICK = Duration.ofSeconds(1);

    private final EngineWatcher engine;
    private final ActionLog log;
    private final ActionRunner runner;
    private final ContainerTracker tracker;
    private final Countdown progress;
    private final DriftWatch drift;
    private final PlanInputBuilder lookout;
    private final ConnectionDrain handover;
    private final Pulls pulls;
    private final RepairPace pace;
    private final Doubts doubts;
    private final KeptLogs logs;
    private final Set<String> madeAnew = new HashSet<>();
    private final Set<String> updated = new HashSet<>();

    ActionLoop(
            EngineWatcher engine,
            ActionLog log,
            ActionRunner runner,
            ContainerTracker tracker,
            Countdown progress,
            DriftWatch drift,
            PlanInputBuilder lookout,
            ConnectionDrain handover,
            Pulls pulls,
            RepairPace pace,
            Doubts doubts,
            KeptLogs logs) {
        this.engine = engine;
        this.log = log;
        this.runner = runner;
        this.tracker = tracker;
        this.progress = progress;
        this.drift = drift;
        this.lookout = lookout;
        this.handover = handover;
        this.pulls = pulls;
        this.pace = pace;
        this.doubts = doubts;
        this.logs = logs;
    }

    /**
     * The result of a step.
     *
     * @param again how long to wait for mail before the next step
     * @param doing what the step waits for, empty if nothing
     * @param fault evidence against the release; null if there is none
     * @param container the container of the evidence; null without evidence
     * @param progressed whether an action was done that resets the count of failed attempts
     */
    record Step(
            Duration again,
            String doing,
            @Nullable Evidence fault,
            @Nullable LiveContainer container,
            boolean progressed) {
        static Step done() {
            return new Step(NOW, "", null, null, true);
        }

        static Step waiting(Duration again, String doing) {
            return new Step(again, doing, null, null, false);
        }

        static Step failed(Evidence fault, LiveContainer container) {
            return new Step(TICK, "", fault, container, false);
        }
    }

    /** Forgets everything, because another leg begins. */
    void forget() {
        madeAnew.clear();
        updated.clear();
        pulls.forget();
    }

    /**
     * Forgets the updates and pulls, because nothing is left to do: later ones are not repetitions.
     */
    void rested() {
        updated.clear();
        pulls.rested();
    }

    /** Forgets the pulls, because something was removed meanwhile, perhaps a pulled image. */
    void pullAgain() {
        pulls.rested();
    }

    /** Makes the next step of a plan that is not empty. */
    Step next(ActionPlan plan, PlanInput input, Release release, boolean deploying) {
        var actions = pulls.without(plan.actions());
        if (actions.isEmpty()) {
            return Step.waiting(TICK, "");
        }
        var first = actions.getFirst();
        if (first instanceof Action.Pull p) {
            return pull(p, release);
        }
        if (first instanceof Action.Wait w) {
            return await(w, actions, input, release, deploying);
        }
        // The duration of calls is the engine's, so it does not count against the release's
        // deadline.
        progress.stop();
        handover.retain(input.observed());
        var unit = unitOf(actions);
        var left = handover.left(unit);
        if (left.isZero()) {
            return run(unit, input, deploying);
        }
        var next = actions.stream().filter(a -> handover.begins(a, input.observed())).findFirst();
        return next.isPresent()
                ? run(List.of(next.get()), input, deploying)
                : Step.waiting(left, "waiting for clients of " + first.container() + " to leave");
    }

    /** Replaces a kept container with a new one, unless that was done already in this leg. */
    boolean makeAnew(LiveContainer kept, String why) {
        if (!madeAnew.add(kept.label(Labels.SERVICE) + "/" + kept.label(Labels.REPLICA))) {
            return false;
        }
        lookout.replace(kept.id());
        tracker.giveUp(kept.id());
        log.trouble(kept.name() + " does not start again: " + why + "; a new one is made");
        return true;
    }

    /** Returns the first action and those of the same unit. */
    private static List<Action> unitOf(List<Action> actions) {
        var name = actions.getFirst().unit();
        return name.isEmpty()
                ? actions.subList(0, 1)
                : actions.stream().takeWhile(a -> a.unit().equals(name)).toList();
    }

    private Step run(List<Action> actions, PlanInput input, boolean deploying) {
        if (!deploying) {
            pace.started(actions, input);
        }
        var unit = new ActionRunner.Unit();
        for (var action : actions) {
            boolean handsOver = handover.begins(action, input.observed());
            if (action instanceof Action.Remove r) {
                input.observed().containers().stream()
                        .filter(c -> c.id().equals(r.containerId()))
                        .forEach(c -> logs.beforeRemoval(engine.engine(), c));
            }
            log.action(action);
            try {
                runner.run(action, input, unit);
            } catch (PlumblineException e) {
                if (madeAnewFor(action, input, e) || cleansUpLater(actions, input, e)) {
                    return Step.waiting(NOW, "");
                }
                pace.startFailed(actions, input);
                throw e;
            }
            if (action instanceof Action.Connect c) {
                drift.named(c.container(), c.receives());
            }
            if (action instanceof Action.Remove r) {
                removed(r);
            } else if (action instanceof Action.Start start) {
                took(start, unit, input);
            } else if (action instanceof Action.Update u && !updated.add(keyOf(u))) {
                again(u);
            }
            if (handsOver) {
                handover.begun(action);
                break;
            }
        }
        // The remains of a failed try are removed before each new one.
        return actions.getFirst() instanceof Action.Remove ? Step.waiting(NOW, "") : Step.done();
    }

    /**
     * Counts the removal, because the engine may still be removing the container, or only report
     * it.
     */
    private void removed(Action.Remove r) {
        var why = r.container() + ": the engine says that it is removed, and still has it";
        if (pace.cleansUp(r.containerId(), why) == 2) {
            log.tell(EventType.CLEAN_UP_FAILED, r.target(), "", "", "", text(why));
        }
    }

    /**
     * Defers the clean-up of a surplus container that cannot be stopped or removed. It delays
     * nothing else, unless its name or port is needed.
     */
    private boolean cleansUpLater(List<Action> unit, PlanInput input, PlumblineException e) {
        var ends =
                unit.stream()
                        .filter(a -> a instanceof Action.Stop || a instanceof Action.Remove)
                        .findFirst();
        if (ends.isEmpty() || e.kind() == FailureKind.UNREACHABLE) {
            return false;
        }
        var id =
                switch (ends.get()) {
                    case Action.Stop s -> s.containerId();
                    case Action.Remove r -> r.containerId();
                    default -> "";
                };
        if (id.isEmpty() || input.deferred().containers().contains(id)) {
            return false;
        }
        var why = ends.get().container() + ": " + e.getMessage();
        if (pace.cleansUp(id, why) == 1) {
            log.tell(EventType.CLEAN_UP_FAILED, ends.get().target(), "", "", "", text(why));
        }
        return true;
    }

    private static String text(String why) {
        return "clean-up does not succeed of "
                + why
                + "; it is tried again with growing pauses, nothing waits for it";
    }

    /**
     * Replaces a container that the engine refuses to start: one that ran before, because its files
     * can be damaged, and during a revert any that was kept. The refusal must be about this
     * container and not about the engine. A new container that is refused is the release's fault.
     */
    private boolean madeAnewFor(Action action, PlanInput input, PlumblineException e) {
        boolean back = input.policy().deploying() && input.policy().stopSurplus();
        if (!(action instanceof Action.Start start)) {
            return false;
        }
        var kept =
                input.observed().containers().stream()
                        .filter(c -> c.id().equals(start.containerId()))
                        .filter(c -> back || c.startedAt() != null)
                        .findFirst();
        return kept.isPresent()
                && (e.kind() == FailureKind.INVALID || refusedAgain(e, input))
                && makeAnew(kept.get(), String.valueOf(e.getMessage()));
    }

    private boolean refusedAgain(PlumblineException e, PlanInput input) {
        return e.kind() == FailureKind.REFUSED
                && doubts.refused(String.valueOf(e.getMessage()), input.release())
                        instanceof Ruling.Against;
    }

    /**
     * Handles an update that was needed twice with nothing in between. If the engine accepts it
     * without an effect, only a new container helps. If another client changed the field again
     * before the next observation, the running container must not be replaced.
     */
    private void again(Action.Update u) {
        var live = engine.engine().inspect(u.containerId());
        if (live.isEmpty()) {
            return;
        }
        if (hasTaken(u, live.get().config())) {
            drift.changedAgain(u);
        } else {
            lookout.replace(u.containerId());
        }
    }

    private static boolean hasTaken(Action.Update u, LiveConfig now) {
        var restart = now.restart().isEmpty() ? "no" : now.restart();
        boolean swap =
                u.memory() == 0 || now.memorySwap() <= 0 || now.memorySwap() == 2 * u.memory();
        return now.memory() == u.memory()
                && swap
                && now.nanoCpus() == u.nanoCpus()
                && restart.equals(u.restart());
    }

    private static String keyOf(Action.Update u) {
        return u.containerId() + " " + u.memory() + " " + u.nanoCpus() + " " + u.restart();
    }

    private void took(Action.Start start, ActionRunner.Unit unit, PlanInput input) {
        var id = unit.container(start.containerId());
        var known =
                input.observed().containers().stream().filter(c -> c.id().equals(id)).findFirst();
        tracker.took(id, known.map(LiveContainer::restartCount).orElse(0), known.isEmpty());
    }

    private Step pull(Action.Pull p, Release release) {
        progress.stop();
        var going = pulls.pull(p, release);
        // A pull does not reset the count of failed attempts: an image that is pulled and removed
        // again and again is a failure.
        return going == null ? Step.waiting(NOW, "") : Step.waiting(Duration.ofSeconds(1), going);
    }

    private Step await(
            Action.Wait w,
            List<Action> actions,
            PlanInput input,
            Release release,
            boolean deploying) {
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
        tracker.probe(engine.engine(), waiting, tick);
        var now = tracker.verdicts(input.observed());
        if (now.getOrDefault(w.containerId(), Verdict.WAITING) == Verdict.HEALTHY) {
            progress.refill(release.rollout().progressDeadline());
            log.tell(
                    EventType.HEALTHY,
                    w.target(),
                    "health",
                    "",
                    "healthy",
                    w.container() + " is healthy");
            return Step.waiting(NOW, "");
        }
        var late = waiting.stream().filter(c -> c.id().equals(w.containerId())).findFirst();
        return deploying && answers && progress.over() && late.isPresent()
                ? Step.failed(
                        ContainerEvidence.noProgress(
                                late.get(),
                                Countdown.text(release.rollout().progressDeadline()),
                                tracker.checkSays(late.get())),
                        late.get())
                : Step.waiting(tick, "waiting for " + w.container() + " to be healthy");
    }

    /** Returns a longer interval for a release that takes long to become healthy. */
    private Duration tick(Release release) {
        var waited = release.rollout().progressDeadline().minus(progress.left());
        return waited.compareTo(SOON) < 0 ? TICK : SLOW_TICK;
    }
}
