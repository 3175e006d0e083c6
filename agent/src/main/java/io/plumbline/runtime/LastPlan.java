package io.plumbline.runtime;

import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanInput;
import io.plumbline.core.plan.Planner;
import org.jspecify.annotations.Nullable;

/**
 * The plan that was made last. About every other pass of a lane plans from the same input as the
 * one before; a plan depends on its input only. One thread only.
 */
final class LastPlan {
    private @Nullable PlanInput input;
    private @Nullable Plan plan;

    /** The plan of that input. */
    Plan of(PlanInput in) {
        var last = plan;
        if (last == null || !in.equals(input)) {
            last = Planner.plan(in);
            plan = last;
            input = in;
        }
        return last;
    }
}
