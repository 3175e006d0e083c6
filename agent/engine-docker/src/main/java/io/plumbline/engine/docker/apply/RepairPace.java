package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.RepeatBackoff;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.Deferred;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Planner;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.loop.Countdown;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The pauses between repeated starts of the same replica, and between repeated clean-ups of the
 * same container, on one engine. They are lost with the process; then the first tries come at once.
 * One thread only.
 */
final class RepairPace {
    /**
     * Number of starts without a wait, so that a container that stops now and then restarts at
     * once.
     */
    private static final int STARTS_AT_ONCE = 3;

    private final Ticker ticker;
    private final RepeatBackoff starts = new RepeatBackoff(STARTS_AT_ONCE);
    private final RepeatBackoff cleanUps = new RepeatBackoff(1);
    private final Map<String, String> troubles = new HashMap<>();

    RepairPace(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Counts a unit of actions before it is done, if it starts a container. */
    void started(List<Action> unit, PlanInput input) {
        startedPlace(unit, input).ifPresent(p -> starts.did(p, ticker.nanos()));
    }

    /** Records that this unit failed. The next start of its replica waits and delays no other. */
    void startFailed(List<Action> unit, PlanInput input) {
        startedPlace(unit, input).ifPresent(starts::failed);
    }

    private static Optional<String> startedPlace(List<Action> unit, PlanInput input) {
        if (unit.stream().noneMatch(Action.Start.class::isInstance)) {
            return Optional.empty();
        }
        for (var action : unit) {
            if (action instanceof Action.Create c) {
                return Optional.of(place(c.target(), Integer.toString(c.replica())));
            }
            if (action instanceof Action.Start s) {
                return input.observed().containers().stream()
                        .filter(c -> c.id().equals(s.containerId()))
                        .map(c -> place(s.target(), c.label(Labels.REPLICA)))
                        .findFirst();
            }
        }
        return Optional.empty();
    }

    private static String place(String service, String replica) {
        return service + "/" + replica;
    }

    /**
     * Returns what the plan leaves unchanged for now.
     *
     * @param fields fields that are left unchanged for another reason
     */
    Deferred deferred(Set<String> fields) {
        var all = new HashSet<>(fields);
        starts.waiting(ticker.nanos()).forEach(p -> all.add(p + "/" + Deferred.STATE));
        return new Deferred(Set.copyOf(all), cleanUps.waiting(ticker.nanos()));
    }

    /**
     * Counts the removal of a surplus container, or a failure to stop or remove it. It is tried
     * again after a pause; nothing else waits for it.
     *
     * @param trouble the failure, empty if there is none
     * @return the number of successive tries
     */
    int cleansUp(String containerId, String trouble) {
        if (!trouble.isEmpty()) {
            troubles.put(containerId, trouble);
        }
        return cleanUps.did(containerId, ticker.nanos());
    }

    /** Forgets containers that no longer exist. */
    void retain(EngineState observed) {
        var ids = new HashSet<String>();
        observed.containers().forEach(c -> ids.add(c.id()));
        cleanUps.retain(ids::contains);
        troubles.keySet().retainAll(ids);
    }

    /** Returns the largest number of successive clean-ups of one of these containers. */
    int tries(Set<String> containers) {
        return containers.stream().mapToInt(cleanUps::count).max().orElse(0);
    }

    /** Returns why the clean-up of these containers fails, for display. */
    String troubles(Set<String> containers) {
        return containers.stream()
                .sorted()
                .flatMap(id -> Stream.ofNullable(troubles.get(id)))
                .collect(Collectors.joining("; "));
    }

    /** Returns how long until the next waiting action is due; empty if none waits. */
    Optional<Duration> next() {
        return Stream.of(starts, cleanUps)
                .flatMap(b -> b.next(ticker.nanos()).stream())
                .min(Duration::compareTo);
    }

    /** Describes the waiting starts in a sentence; empty if none waits. */
    String waiting() {
        return starts.waiting(ticker.nanos()).stream()
                .map(
                        p ->
                                p
                                        + " was started "
                                        + starts.count(p)
                                        + " times in a row; the next start waits "
                                        + Countdown.text(starts.pause(p)))
                .collect(Collectors.joining("; "));
    }

    /** Resets the count of starts, because a deployment begins. */
    void forgetStarts() {
        starts.clear();
    }

    /** Resets all counts, because an operator asks for a retry. */
    void forget() {
        starts.clear();
        cleanUps.clear();
    }

    /**
     * Whether the plan omits an action that is needed for a healthy state: a start, or the stop of
     * a container that still runs. The removal of a stopped container can wait.
     */
    static boolean waits(PlanInput input) {
        var deferred = input.deferred();
        if (deferred.equals(Deferred.NOTHING)) {
            return false;
        }
        var stopped = new HashSet<>(deferred.containers());
        stopped.removeAll(input.runningDeferred());
        var rest = input.deferring(new Deferred(Set.of(), Set.copyOf(stopped)));
        return !Planner.plan(rest).isEmpty();
    }
}
