package io.plumbline.engine.docker.apply;

import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.ActionPlan.Stage;
import java.util.List;
import java.util.stream.Stream;

/** A part of a plan that may be done without the rest. */
final class PlanFilter {
    private PlanFilter() {}

    /**
     * Returns the plan without the steps that give containers their service's name. Containers are
     * created and connected without the name. A container that only lacks the name is left
     * unchanged.
     */
    static ActionPlan withoutNames(ActionPlan plan) {
        return new ActionPlan(
                plan.pipeline(),
                plan.release(),
                plan.commit(),
                plan.from(),
                plan.services(),
                plan.stages().stream().map(PlanFilter::withoutNames).flatMap(List::stream).toList(),
                plan.blockers(),
                plan.withheld());
    }

    private static List<Stage> withoutNames(Stage stage) {
        var chains =
                stage.chains().stream()
                        .map(c -> c.stream().flatMap(PlanFilter::withoutName).toList())
                        .filter(c -> !c.isEmpty())
                        .toList();
        return chains.isEmpty() ? List.of() : List.of(new Stage(chains));
    }

    private static Stream<Action> withoutName(Action action) {
        return switch (action) {
            case Action.Create c when c.receives() -> Stream.of(c.withoutRequests());
            case Action.Connect c when c.receives() ->
                    c.unit().isEmpty() ? Stream.empty() : Stream.of(c.withoutRequests());
            default -> Stream.of(action);
        };
    }
}
