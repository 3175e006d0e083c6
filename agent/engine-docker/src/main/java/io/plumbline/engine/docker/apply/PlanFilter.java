package io.plumbline.engine.docker.apply;

import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
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
                plan.actions().stream().flatMap(PlanFilter::withoutName).toList(),
                plan.blockers(),
                plan.withheld());
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
