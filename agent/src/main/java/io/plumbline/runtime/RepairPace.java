package io.plumbline.runtime;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Deferred;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.rollout.StartBackoff;
import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The pauses between repeated starts of the same container, on one engine. Lost with the process:
 * then the first start comes at once. One thread only.
 */
final class RepairPace {
    private final Ticker ticker;
    private final StartBackoff starts = new StartBackoff();

    RepairPace(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A unit of actions is about to be done that may start a container. */
    void started(List<Action> unit, PlanInput input) {
        startedPlace(unit, input).ifPresent(p -> starts.started(p, ticker.nanos()));
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
        return new Deferred(Set.copyOf(all), Set.of());
    }

    /** How long until something that waits is due; empty if nothing waits. */
    Optional<Duration> next() {
        return starts.next(ticker.nanos());
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

    /** An operator wants it tried at once, or a deployment begins. */
    void forget() {
        starts.clear();
    }
}
