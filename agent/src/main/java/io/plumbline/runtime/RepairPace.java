package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Deferred;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.Planner;
import io.plumbline.core.rollout.RepeatBackoff;
import io.plumbline.port.Ticker;
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
 * The pauses between repeated starts of the same container, and between repeated tries to clean up
 * the same container, on one engine. Lost with the process: then the first tries come at once. One
 * thread only.
 */
final class RepairPace {
    /** Starts without a wait: what stops now and then is back at once. */
    private static final int STARTS_AT_ONCE = 3;

    private final Ticker ticker;
    private final RepeatBackoff starts = new RepeatBackoff(STARTS_AT_ONCE);
    private final RepeatBackoff cleanUps = new RepeatBackoff(1);
    private final Map<String, String> troubles = new HashMap<>();

    RepairPace(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A unit of actions is about to be done that may start a container. */
    void started(List<Action> unit, PlanInput input) {
        startedPlace(unit, input).ifPresent(p -> starts.did(p, ticker.nanos()));
    }

    /** That unit failed: its next start waits, and keeps no other from being done meanwhile. */
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
     * What a plan leaves as it is now.
     *
     * @param fields that are left for another reason
     */
    Deferred deferred(Set<String> fields) {
        var all = new HashSet<>(fields);
        starts.waiting(ticker.nanos()).forEach(p -> all.add(p + "/" + Deferred.STATE));
        return new Deferred(Set.copyOf(all), cleanUps.waiting(ticker.nanos()));
    }

    /**
     * A container that is not wanted is being removed, or could not be stopped or removed. It is
     * tried again after a pause; nothing else waits for it.
     *
     * @param trouble what came in the way, empty if nothing
     * @return how often it was tried in a row
     */
    int cleansUp(String containerId, String trouble) {
        if (!trouble.isEmpty()) {
            troubles.put(containerId, trouble);
        }
        return cleanUps.did(containerId, ticker.nanos());
    }

    /** Forgets containers that are gone. */
    void retain(EngineState observed) {
        var ids = new HashSet<String>();
        observed.containers().forEach(c -> ids.add(c.id()));
        cleanUps.retain(ids::contains);
        troubles.keySet().retainAll(ids);
    }

    /** How often the clean-up of one of these containers was tried in a row, at most. */
    int tries(Set<String> containers) {
        return containers.stream().mapToInt(cleanUps::count).max().orElse(0);
    }

    /** Why the clean-up of these containers does not succeed, for people. */
    String troubles(Set<String> containers) {
        return containers.stream()
                .sorted()
                .flatMap(id -> Stream.ofNullable(troubles.get(id)))
                .collect(Collectors.joining("; "));
    }

    /** How long until something that waits is due; empty if nothing waits. */
    Optional<Duration> next() {
        return Stream.of(starts, cleanUps)
                .flatMap(b -> b.next(ticker.nanos()).stream())
                .min(Duration::compareTo);
    }

    /** What waits, as a sentence for people; empty if nothing does. */
    String waiting() {
        return starts.waiting(ticker.nanos()).stream()
                .map(
                        p ->
                                p
                                        + " was started "
                                        + starts.count(p)
                                        + " times in a row; the next start waits "
                                        + Steps.text(starts.pause(p)))
                .collect(Collectors.joining("; "));
    }

    /** A deployment begins: starts count anew. */
    void forgetStarts() {
        starts.clear();
    }

    /** An operator wants it tried at once. */
    void forget() {
        starts.clear();
        cleanUps.clear();
    }

    /**
     * Whether something is left out of the plan that has to be done before all is well: a start, or
     * the stop of what still runs. What is stopped may go later.
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
