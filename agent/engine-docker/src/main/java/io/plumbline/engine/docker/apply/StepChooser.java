package io.plumbline.engine.docker.apply;

import io.plumbline.core.release.Release;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.observe.ActionSlots;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The choice of an engine reconciler's next step, from the first stage of its plan:
 *
 * <ol>
 *   <li>If a pull is first, the step is the pull ({@link Pulls}).
 *   <li>If a wait is first, the step is a look at all containers that the stage waits for ({@link
 *       HealthWait}).
 *   <li>Else the step is a batch ({@link BatchRunner}): the first unit of each chain. A unit whose
 *       container still drains is left out. A unit ends where a container hands its requests over.
 *   <li>If all units still drain, the batch takes further names away, so that they drain at the
 *       same time. If there is none, the step waits for the end of the shortest drain.
 * </ol>
 *
 * <p>The next observation shows the results, and the next plan has what is left. The memory of a
 * leg is in the parts. One thread only.
 */
final class StepChooser {
    private final ActionSlots slots;
    private final Countdown progress;
    private final ConnectionDrain handover;
    private final Pulls pulls;
    private final HealthWait waits;
    private final BatchRunner batches;
    private final BatchResults results;

    StepChooser(
            ActionSlots slots,
            Countdown progress,
            ConnectionDrain handover,
            Pulls pulls,
            HealthWait waits,
            BatchRunner batches,
            BatchResults results) {
        this.slots = slots;
        this.progress = progress;
        this.handover = handover;
        this.pulls = pulls;
        this.waits = waits;
        this.batches = batches;
        this.results = results;
    }

    /** Forgets everything, because another leg begins. */
    void forget() {
        results.forget();
        pulls.forget();
    }

    /**
     * Forgets the updates and pulls, because nothing is left to do: later ones are not repetitions.
     */
    void rested() {
        results.rested();
        pulls.rested();
    }

    /** Forgets the pulls, because something was removed meanwhile, perhaps a pulled image. */
    void pullAgain() {
        pulls.rested();
    }

    /** Replaces a kept container with a new one, unless that was done already in this leg. */
    boolean makeAnew(LiveContainer kept, String why) {
        return results.makeAnew(kept, why);
    }

    /**
     * Returns the next step of a plan that is not empty. It begins when the supplier is called.
     *
     * @param current whether the target is still the one of the plan
     */
    Supplier<StepResult> next(
            ActionPlan plan,
            PlanInput input,
            Release release,
            boolean deploying,
            BooleanSupplier current) {
        var chains = pulls.next(plan).stream().limit(mostChains()).toList();
        if (chains.isEmpty()) {
            return waiting(StepResult.TICK, "");
        }
        var first = chains.getFirst().getFirst();
        if (first instanceof Action.Pull p) {
            progress.stop();
            return pulls.step(p, release);
        }
        if (first instanceof Action.Wait) {
            return waits.step(firstWaits(chains), plan.actions(), input, release, deploying);
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
                ? waiting(shortest, "waiting for clients of " + first.container() + " to leave")
                : batches.step(upToHandOver(units, input), input, deploying, current);
    }

    private static Supplier<StepResult> waiting(Duration again, String doing) {
        return () -> StepResult.waiting(again, doing);
    }

    /** Returns how many chains a step takes: one after the other, or all of a stage. */
    private long mostChains() {
        return slots.parallelism() == 1 ? 1 : Long.MAX_VALUE;
    }

    private static List<Action.Wait> firstWaits(List<List<Action>> chains) {
        return chains.stream()
                .map(List::getFirst)
                .filter(Action.Wait.class::isInstance)
                .map(Action.Wait.class::cast)
                .toList();
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
}
