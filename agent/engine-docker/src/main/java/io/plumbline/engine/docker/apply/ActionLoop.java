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
import io.plumbline.engine.docker.observe.ActionSlots;
import io.plumbline.engine.docker.observe.BoundedParallel;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The executor of an engine reconciler's plan, one step at a time. A step waits a moment for the
 * pulls or waits of the plan's first stage, or does a batch:
 *
 * <ol>
 *   <li>The batch is the first unit of each chain of the stage. A unit whose container still drains
 *       is left out. A unit ends where a container hands its requests over.
 *   <li>Units are written to the ledger before they begin, several in one write.
 *   <li>They run at the same time, as many as {@link ActionSlots} permits.
 *   <li>No further unit begins after a failure, another target, or an event that a container of the
 *       pipeline ended. The units that run come to their end.
 *   <li>The results are counted in the order of the plan. The first failure is reported, unless the
 *       engine does not answer.
 * </ol>
 *
 * <p>The next observation shows the results, and the next plan has what is left. The memory of this
 * class lasts for one leg. One thread only, except for the calls of a batch.
 */
public final class ActionLoop {
    private static final Duration NOW = Duration.ZERO;

    /** Time between two observations during a wait. */
    static final Duration TICK = Duration.ofMillis(250);

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration SLOW_TICK = Duration.ofSeconds(1);

    private final DriverSetup setup;
    private final EngineWatcher engine;
    private final ActionSlots slots;
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
    private final List<Action.Update> repeatedUpdates = new ArrayList<>();

    ActionLoop(
            DriverSetup setup,
            EngineWatcher engine,
            ActionSlots slots,
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
        this.setup = setup;
        this.engine = engine;
        this.slots = slots;
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

    /**
     * Makes the next step of a plan that is not empty.
     *
     * @param current whether the target is still the one of the plan
     */
    Step next(
            ActionPlan plan,
            PlanInput input,
            Release release,
            boolean deploying,
            BooleanSupplier current) {
        var chains = pulls.next(plan).stream().limit(mostChains()).toList();
        if (chains.isEmpty()) {
            return Step.waiting(TICK, "");
        }
        var first = chains.getFirst().getFirst();
        if (first instanceof Action.Pull p) {
            return pull(p, release);
        }
        if (first instanceof Action.Wait) {
            return await(waits(chains), plan.actions(), input, release, deploying);
        }
        // The duration of calls is the engine's, so it does not count against the release's
        // deadline.
        progress.stop();
        handover.retain(input.observed());
        var units = new ArrayList<List<Action>>();
        var shortest = Duration.ofDays(1);
        for (var chain : chains) {
            var unit = unitOf(chain);
            var left = handover.left(unit);
            if (left.isZero()) {
                units.add(unit);
            } else {
                shortest = left.compareTo(shortest) < 0 ? left : shortest;
            }
        }
        if (units.isEmpty()) {
            plan.actions().stream()
                    .filter(a -> handover.begins(a, input.observed()))
                    .limit(mostChains())
                    .forEach(a -> units.add(List.of(a)));
        }
        return units.isEmpty()
                ? Step.waiting(
                        shortest, "waiting for clients of " + first.container() + " to leave")
                : run(upToHandOver(units, input), input, deploying, current);
    }

    /** Returns how many chains a step takes: one after the other, or all of a stage. */
    private long mostChains() {
        return slots.parallelism() == 1 ? 1 : Long.MAX_VALUE;
    }

    private static List<Action.Wait> waits(List<List<Action>> chains) {
        return chains.stream()
                .map(List::getFirst)
                .filter(Action.Wait.class::isInstance)
                .map(Action.Wait.class::cast)
                .toList();
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

    /** Returns the units without what follows a hand-over, because that must wait for the drain. */
    private List<List<Action>> upToHandOver(List<List<Action>> units, PlanInput input) {
        return units.stream()
                .map(
                        unit -> {
                            int end = 1;
                            while (end < unit.size()
                                    && !handover.begins(unit.get(end - 1), input.observed())) {
                                end++;
                            }
                            return unit.subList(0, end);
                        })
                .toList();
    }

    /**
     * One unit of a batch. A thread of the batch runs it; before and afterwards only the engine
     * reconciler's thread reads it.
     */
    private final class Attempt {
        private final List<Action> actions;
        private final ActionRunner.Unit unit = new ActionRunner.Unit();
        private final List<Action> done = new ArrayList<>();
        private @Nullable Action failing;
        private @Nullable PlumblineException failure;

        Attempt(List<Action> actions) {
            this.actions = actions;
        }

        void run(PlanInput input) {
            for (var action : actions) {
                boolean handsOver = handover.begins(action, input.observed());
                try {
                    if (action instanceof Action.Remove r) {
                        input.observed().containers().stream()
                                .filter(c -> c.id().equals(r.containerId()))
                                .forEach(c -> logs.beforeRemoval(engine.engine(), c));
                    }
                    runner.run(action, input, unit);
                } catch (PlumblineException e) {
                    failing = action;
                    failure = e;
                    return;
                }
                if (handsOver) {
                    handover.begun(action);
                }
                done.add(action);
            }
        }
    }

    private Step run(
            List<List<Action>> units, PlanInput input, boolean deploying, BooleanSupplier current) {
        var batch = units.stream().map(Attempt::new).toList();
        var written = new AtomicInteger();
        var failed = new AtomicBoolean();
        var pipeline = input.release().pipeline();
        long ends = engine.ends(pipeline);
        boolean endsNone = units.stream().flatMap(List::stream).noneMatch(ActionLoop::ends);
        try {
            BoundedParallel.each(
                    setup.ticker().tasks(),
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
                        var attempt = batch.get(i);
                        attempt.run(input);
                        if (attempt.failure != null) {
                            failed.set(true);
                        }
                    });
        } finally {
            batch.forEach(a -> a.done.forEach(action -> did(action, a.unit, input)));
        }
        return result(batch, input);
    }

    private static boolean ends(Action action) {
        return action instanceof Action.Stop || action instanceof Action.Remove;
    }

    /** Returns the result of a batch, or throws its failure. */
    private Step result(List<Attempt> batch, PlanInput input) {
        PlumblineException thrown = null;
        boolean handled = false;
        for (var a : batch) {
            var e = a.failure;
            if (e == null || a.failing == null) {
                continue;
            }
            if (madeAnewFor(a.failing, input, e) || cleansUpLater(a.actions, input, e)) {
                handled = true;
                continue;
            }
            pace.startFailed(a.actions, input);
            if (thrown == null || (unreachable(e) && !unreachable(thrown))) {
                thrown = e;
            }
        }
        if (thrown != null) {
            throw thrown;
        }
        var repeated = repeatedUpdates.stream().toList();
        repeatedUpdates.clear();
        repeated.forEach(this::again);
        // The remains of a failed try are removed before each new one.
        boolean progressed =
                batch.stream()
                        .filter(a -> !a.done.isEmpty())
                        .anyMatch(a -> !(a.actions.getFirst() instanceof Action.Remove));
        return progressed && !handled ? Step.done() : Step.waiting(NOW, "");
    }

    private static boolean unreachable(PlumblineException e) {
        return e.kind() == FailureKind.UNREACHABLE;
    }

    /** Counts an action that was done. */
    private void did(Action action, ActionRunner.Unit unit, PlanInput input) {
        switch (action) {
            case Action.Connect c -> drift.named(c.container(), c.receives());
            case Action.Remove r -> removed(r);
            case Action.Start start -> took(start, unit, input);
            case Action.Update u -> {
                if (!updated.add(keyOf(u))) {
                    repeatedUpdates.add(u);
                }
            }
            case Action.Pull _,
                    Action.CreateNetwork _,
                    Action.CreateVolume _,
                    Action.Create _,
                    Action.Copy _,
                    Action.Wait _,
                    Action.Disconnect _,
                    Action.Rename _,
                    Action.Unpause _,
                    Action.Stop _ -> {}
        }
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
        probe(waiting, tick);
        var now = tracker.verdicts(input.observed());
        var healthy =
                waits.stream().filter(x -> now.get(x.containerId()) == Verdict.HEALTHY).toList();
        if (!healthy.isEmpty()) {
            progress.refill(release.rollout().progressDeadline());
            log.healthy(healthy);
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

    /** Runs the checks of containers, unless they ran within {@code pause}. */
    void probe(List<LiveContainer> containers, Duration pause) {
        tracker.probe(engine.engine(), containers, pause, slots.parallelism());
    }

    /** Returns a longer interval for a release that takes long to become healthy. */
    private Duration tick(Release release) {
        var waited = release.rollout().progressDeadline().minus(progress.left());
        return waited.compareTo(SOON) < 0 ? TICK : SLOW_TICK;
    }
}
