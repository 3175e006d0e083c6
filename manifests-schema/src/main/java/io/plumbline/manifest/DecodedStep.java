package io.plumbline.manifest;

import java.util.List;

/**
 * A step with all parts that could be decoded, and the decoders that checks between steps need.
 *
 * @param step the step; its name is empty if it could not be decoded
 * @param workload its container
 * @param outputs with the decoders of the outputs
 */
record DecodedStep(Step step, DecodedService workload, List<Placed<StepOutput>> outputs) {

    String name() {
        return workload.name();
    }
}
