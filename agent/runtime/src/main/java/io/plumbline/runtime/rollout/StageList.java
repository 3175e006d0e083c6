package io.plumbline.runtime.rollout;

import java.util.List;

/**
 * The stages of every deployment, in their order. A further stage is one line here, a {@link
 * io.plumbline.core.stage.Stage} and what looks outside for it ({@link StageWork}).
 */
public final class StageList {
    /** The stages of this version. */
    public static final List<Maker> STANDARD =
            List.of(
                    StageRunner::resolve,
                    StageRunner::place,
                    StageRunner::apply,
                    StageRunner::soak);

    private StageList() {}

    /** Makes a stage for one pipeline. */
    public interface Maker {

        /**
         * Returns the stage.
         *
         * @param runner gives access to the pipeline's state and to the parts of the agent
         */
        StageWork<?> of(StageRunner runner);
    }
}
