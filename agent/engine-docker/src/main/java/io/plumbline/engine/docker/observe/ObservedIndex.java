package io.plumbline.engine.docker.observe;

import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import java.util.List;
import java.util.Map;

/**
 * The state that readers see.
 *
 * @param byEngineName the agent's containers by their label {@code plumbline.pipeline}, sorted by
 *     name
 * @param names names of all containers, sorted
 * @param used the limits of the agent's running containers
 */
record ObservedIndex(
        Map<String, List<LiveContainer>> byEngineName,
        String[] names,
        List<LiveNetwork> networks,
        List<LiveVolume> volumes,
        ObservationCache.Used used) {
    static final ObservedIndex EMPTY =
            new ObservedIndex(
                    Map.of(), new String[0], List.of(), List.of(), ObservationCache.Used.NOTHING);
}
