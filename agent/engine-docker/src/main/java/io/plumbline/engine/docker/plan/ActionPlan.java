package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.PlannedAction;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.core.workload.WorkloadPlan;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * The ordered actions from the observed to the desired state of one engine, as far as they can be
 * foreseen. An engine reconciler does the first units of the first stage, observes and plans again.
 * A plan that is done to the end leads to a state whose plan is empty.
 *
 * @param pipeline its name
 * @param release the desired release
 * @param commit the commit that renders it
 * @param from the release deployed before, or empty
 * @param services how each service that changes is replaced
 * @param stages in order, none of them empty; no stage if the observed state is the desired one
 * @param blockers obstacles that an operator must remove, such as a foreign network with the
 *     pipeline's name; if there are any, nothing must be done
 * @param withheld omitted parts, because a container, an image or a list of the engine does not
 *     answer; then the plan does not lead to the whole desired state
 */
public record ActionPlan(
        String pipeline,
        String release,
        String commit,
        String from,
        SortedMap<String, ReplacementStrategy> services,
        List<Stage> stages,
        List<String> blockers,
        List<String> withheld) {

    /**
     * Actions that may be done at the same time, in chains. A stage begins when the stage before it
     * is done, because its actions rely on the results of all earlier stages.
     *
     * @param chains independent of each other, none of them empty; the actions of a chain are done
     *     one after the other
     */
    public record Stage(List<List<Action>> chains) {

        /** Returns all actions, in an order in which they can be done one after the other. */
        public Stream<Action> actions() {
            return chains.stream().flatMap(List::stream);
        }
    }

    /** Creates a plan of one chain for an engine on which everything answers. */
    public ActionPlan(
            String pipeline,
            String release,
            String commit,
            String from,
            SortedMap<String, ReplacementStrategy> services,
            List<Action> actions,
            List<String> blockers) {
        this(
                pipeline,
                release,
                commit,
                from,
                services,
                actions.isEmpty() ? List.of() : List.of(new Stage(List.of(List.copyOf(actions)))),
                blockers,
                List.of());
    }

    /** Returns all actions, in an order in which they can be done one after the other. */
    public List<Action> actions() {
        return stages.stream().flatMap(Stage::actions).toList();
    }

    /** Returns the plan as it is shown, without the facts that only this engine's driver needs. */
    public WorkloadPlan shown() {
        return new WorkloadPlan(
                pipeline,
                release,
                commit,
                from,
                services,
                actions().stream().map(ActionPlan::shown).toList(),
                blockers,
                withheld,
                List.of());
    }

    private static PlannedAction shown(Action a) {
        return new PlannedAction(
                a.engine(),
                a.word(),
                a.target(),
                a.container(),
                ActionText.of(a),
                a instanceof Action.Stop,
                a.reasons());
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return stages.isEmpty();
    }
}
