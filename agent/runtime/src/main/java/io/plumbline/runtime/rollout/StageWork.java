package io.plumbline.runtime.rollout;

import io.plumbline.core.stage.Stage;
import io.plumbline.core.stage.StageDecision;
import io.plumbline.core.stage.StageInput;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A stage with its hands and eyes: what looks outside for its facts, and what begins what it
 * decided to begin. Both run on the pipeline's thread and must not wait.
 *
 * @param <F> the stage's facts
 * @param stage the pure part
 * @param look returns the facts of now
 * @param begin begins what a {@link StageDecision.Act} says, after it is in the ledger; it may run
 *     again after a restart of the agent, so it must be idempotent
 */
public record StageWork<F>(
        Stage<F> stage,
        Function<StageInput, F> look,
        BiConsumer<StageInput, StageDecision.Act> begin) {

    /** Creates the work of a stage that begins nothing. */
    public StageWork(Stage<F> stage, Function<StageInput, F> look) {
        this(stage, look, (_, _) -> {});
    }
}
