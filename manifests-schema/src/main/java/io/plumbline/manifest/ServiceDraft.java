package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import java.util.List;

/**
 * A service as far as it could be read, with the places that checks across services need. Values
 * that were wrong are replaced by harmless ones; they are reported already.
 *
 * @param service the service; its name is empty where that could not be read
 * @param at the service's mapping
 * @param dependsOn names with their places
 * @param ports published ports with their places
 * @param volumes mounts with their places
 */
record ServiceDraft(
        Service service,
        Decoder at,
        List<Placed<String>> dependsOn,
        List<Placed<Port>> ports,
        List<Placed<VolumeMount>> volumes) {

    String name() {
        return service.name();
    }
}
