package io.plumbline.core.plan;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The ordered actions from the observed to the desired state of one engine, as far as they can be
 * foreseen. An engine reconciler does the first unit, observes and plans again. A plan that is done
 * to the end leads to a state whose plan is empty.
 *
 * @param pipeline its name
 * @param release the desired release
 * @param commit the commit that renders it
 * @param from the release deployed before, or empty
 * @param services how each service that changes is replaced
 * @param actions in order; empty if the observed state is the desired one
 * @param blockers obstacles that an operator must remove, such as a foreign network with the
 *     pipeline's name; if there are any, nothing must be done
 * @param withheld omitted parts, because a container, an image or a list of the engine does not
 *     answer; then the plan does not lead to the whole desired state
 */
public record Plan(
        String pipeline,
        String release,
        String commit,
        String from,
        SortedMap<String, ReplacementStrategy> services,
        List<Action> actions,
        List<String> blockers,
        List<String> withheld) {

    /** Creates a plan for an engine on which everything answers. */
    public Plan(
            String pipeline,
            String release,
            String commit,
            String from,
            SortedMap<String, ReplacementStrategy> services,
            List<Action> actions,
            List<String> blockers) {
        this(pipeline, release, commit, from, services, actions, blockers, List.of());
    }

    /** Returns whether a service is down meanwhile; empty if no service changes. */
    public String downtime() {
        if (services.isEmpty()) {
            return "";
        }
        var down =
                services.entrySet().stream()
                        .filter(s -> s.getValue() == ReplacementStrategy.STOP_FIRST)
                        .map(Map.Entry::getKey)
                        .toList();
        if (!down.isEmpty()) {
            return "downtime of " + String.join(", ", down) + ": the old container stops first";
        }
        return actions.stream().noneMatch(Action.Stop.class::isInstance)
                ? "no container stops"
                : "no downtime: new containers serve before the old ones stop";
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return actions.isEmpty();
    }
}
