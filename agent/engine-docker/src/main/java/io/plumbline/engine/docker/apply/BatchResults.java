package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.EventType;
import io.plumbline.engine.docker.apply.BatchRunner.Attempt;
import io.plumbline.engine.docker.apply.Doubts.Ruling;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What follows from the results of batches on one engine.
 *
 * <ol>
 *   <li>An action that was done is counted: names and starts of containers, removals, updates.
 *   <li>A container that the engine refuses to start is replaced with a new one, once in a leg.
 *   <li>A surplus container that cannot be stopped or removed is left for later.
 *   <li>Any other failure is thrown: the first one, unless the engine does not answer.
 *   <li>An update that was needed twice is asked about.
 * </ol>
 *
 * <p>The memory lasts for one leg. One thread only.
 */
final class BatchResults {
    private final EngineWatcher engine;
    private final ActionLog log;
    private final ContainerTracker tracker;
    private final DriftWatch drift;
    private final PlanInputBuilder lookout;
    private final RepairPace pace;
    private final Doubts doubts;
    private final Set<String> madeAnew = new HashSet<>();
    private final Set<String> updated = new HashSet<>();
    private final List<Action.Update> repeatedUpdates = new ArrayList<>();

    BatchResults(
            EngineWatcher engine,
            ActionLog log,
            ContainerTracker tracker,
            DriftWatch drift,
            PlanInputBuilder lookout,
            RepairPace pace,
            Doubts doubts) {
        this.engine = engine;
        this.log = log;
        this.tracker = tracker;
        this.drift = drift;
        this.lookout = lookout;
        this.pace = pace;
        this.doubts = doubts;
    }

    /** Forgets everything, because another leg begins. */
    void forget() {
        madeAnew.clear();
        updated.clear();
    }

    /** Forgets the updates, because nothing is left to do: later ones are not repetitions. */
    void rested() {
        updated.clear();
    }

    /** Counts the actions of a batch that were done. */
    void did(List<Attempt> batch, PlanInput input) {
        batch.forEach(a -> a.done().forEach(action -> did(action, a.unit(), input)));
    }

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

    /** Returns the result of a batch, or throws its failure. */
    StepResult of(List<Attempt> batch, PlanInput input) {
        PlumblineException thrown = null;
        boolean handled = false;
        for (var a : batch) {
            var e = a.failure();
            var failing = a.failing();
            if (e == null || failing == null) {
                continue;
            }
            if (madeAnewFor(failing, input, e) || cleansUpLater(a.actions(), input, e)) {
                handled = true;
                continue;
            }
            pace.startFailed(a.actions(), input);
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
                        .filter(a -> !a.done().isEmpty())
                        .anyMatch(a -> !(a.actions().getFirst() instanceof Action.Remove));
        return progressed && !handled ? StepResult.done() : StepResult.unchanged();
    }

    private static boolean unreachable(PlumblineException e) {
        return e.kind() == FailureKind.UNREACHABLE;
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
}
