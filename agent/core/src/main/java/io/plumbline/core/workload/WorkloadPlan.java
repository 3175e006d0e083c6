package io.plumbline.core.workload;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The actions from the observed to the desired state, as far as they can be foreseen, for display.
 *
 * @param pipeline its name
 * @param release the desired release
 * @param commit the commit that renders it
 * @param from the release deployed before, or empty
 * @param services how each service that changes is replaced
 * @param actions in order for each engine; empty if the observed state is the desired one
 * @param blockers obstacles that an operator must remove; if there are any, nothing is done
 * @param withheld omitted parts, because an object of an engine does not answer; then the plan does
 *     not lead to the whole desired state
 * @param stages names of the stages that the deployment passes, in their order; empty if there is
 *     nothing to do, and if the actions repair drift without a deployment
 */
public record WorkloadPlan(
        String pipeline,
        String release,
        String commit,
        String from,
        SortedMap<String, ReplacementStrategy> services,
        List<PlannedAction> actions,
        List<String> blockers,
        List<String> withheld,
        List<String> stages) {

    /** Creates a plan for engines on which everything answers. */
    public WorkloadPlan(
            String pipeline,
            String release,
            String commit,
            String from,
            SortedMap<String, ReplacementStrategy> services,
            List<PlannedAction> actions,
            List<String> blockers) {
        this(pipeline, release, commit, from, services, actions, blockers, List.of(), List.of());
    }

    /** Returns the same plan for a deployment that passes these stages. */
    public WorkloadPlan through(List<String> names) {
        return new WorkloadPlan(
                pipeline,
                release,
                commit,
                from,
                services,
                actions,
                blockers,
                withheld,
                isEmpty() ? List.of() : List.copyOf(names));
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
        return actions.stream().noneMatch(PlannedAction::stops)
                ? "no container stops"
                : "no downtime: new containers serve before the old ones stop";
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return actions.isEmpty();
    }
}
