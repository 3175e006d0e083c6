package io.plumbline.runtime;

import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Plan;
import java.util.List;

/** A part of a plan that may be done without the rest of it. */
final class Portion {
    private Portion() {}

    /** All but giving containers their service's name. */
    static Plan withoutNames(Plan plan) {
        return new Plan(
                plan.pipeline(),
                plan.release(),
                plan.commit(),
                plan.from(),
                plan.services(),
                List.copyOf(
                        plan.actions().stream()
                                .filter(a -> !(a instanceof Action.Connect c && c.alias()))
                                .toList()),
                plan.blockers(),
                plan.withheld());
    }
}
