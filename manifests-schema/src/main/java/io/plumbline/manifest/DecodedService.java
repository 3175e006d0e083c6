package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import java.util.List;

/**
 * A service with all parts that could be decoded, and the decoders that checks between services
 * need. Values with errors are replaced by harmless ones; the errors are already reported.
 *
 * @param service the service; its name is empty if it could not be decoded
 * @param at the service's mapping
 * @param dependsOn names with their decoders
 * @param ports published ports with their decoders
 * @param volumes mounts with their decoders
 * @param inputs with the decoders of {@code from}
 */
record DecodedService(
        Service service,
        Decoder at,
        List<Placed<String>> dependsOn,
        List<Placed<Port>> ports,
        List<Placed<VolumeMount>> volumes,
        List<Placed<StepInput>> inputs) {

    String name() {
        return service.name();
    }
}
