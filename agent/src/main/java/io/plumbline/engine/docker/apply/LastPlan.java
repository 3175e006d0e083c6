package io.plumbline.engine.docker.apply;

import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Planner;
import org.jspecify.annotations.Nullable;

/**
 * The last plan, kept because about every other pass of an engine reconciler plans from the same
 * input. A plan depends only on its input. One thread only.
 */
final class LastPlan {
    private @Nullable PlanInput input;
    private @Nullable ActionPlan plan;

    /** Returns the plan of this input. */
    ActionPlan of(PlanInput in) {
        var last = plan;
        if (last == null || !in.equals(input)) {
            last = Planner.plan(in);
            plan = last;
            input = in;
        }
        return last;
    }
}
