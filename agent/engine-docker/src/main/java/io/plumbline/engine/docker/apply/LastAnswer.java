package io.plumbline.engine.docker.apply;

import io.plumbline.engine.docker.plan.PlanInput;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The last answer to a question about an engine, kept because most passes of an engine reconciler
 * ask from the same input: for the plan, and for the drift. The answer depends only on the input
 * without the newest health checks, which change all the time. One thread only.
 */
final class LastAnswer<T> {
    private final Function<PlanInput, T> question;
    private @Nullable PlanInput input;
    private @Nullable T answer;

    LastAnswer(Function<PlanInput, T> question) {
        this.question = question;
    }

    /** Returns the answer for this input. */
    T of(PlanInput in) {
        var bare = in.withoutChecks();
        var last = answer;
        if (last == null || !bare.equals(input)) {
            last = question.apply(bare);
            answer = last;
            input = bare;
        }
        return last;
    }
}
