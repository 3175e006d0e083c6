package io.plumbline.manifest;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A check that must pass after the steps and before the services of a commit are deployed. */
public sealed interface Gate {

    /**
     * Returns what the gate is called in results; several gates of a pipeline can have one name.
     */
    String name();

    /**
     * A bound on a number that a step wrote.
     *
     * @param name member of the JSON object; a dot leads into a nested object
     * @param step the step that wrote it
     * @param output its output of type {@link ArtifactType#METRICS}
     * @param min smallest value that passes; null for none
     * @param max largest value that passes; null for none
     * @param compareToStable whether the value is compared with that of the stable release
     * @param maxRegression by how much it may be worse than the stable release's, at least 0
     * @param higherIsBetter whether a smaller value than the stable release's is worse
     */
    record Metric(
            String name,
            String step,
            String output,
            @Nullable Double min,
            @Nullable Double max,
            boolean compareToStable,
            double maxRegression,
            boolean higherIsBetter)
            implements Gate {}

    /**
     * An approval by an operator.
     *
     * @param timeout how long it is waited for; null for without end
     */
    record Approval(@Nullable Duration timeout) implements Gate {
        @Override
        public String name() {
            return "approval";
        }
    }
}
