package io.plumbline.core.placement;

import io.plumbline.manifest.Port;
import java.math.BigDecimal;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The facts about an engine for placement. Free capacity is the capacity minus the limits of what
 * <em>other</em> pipelines placed there; actual use does not count.
 *
 * @param name as in the agent's configuration
 * @param labels cloud, region, ...
 * @param presence whether it can take or keep replicas
 * @param freeNanoCpus CPUs times 10^9, at least 0; {@link #UNKNOWN} fits everything
 * @param freeMemory bytes, at least 0; or {@link #UNKNOWN}
 * @param freeGpus at least 0, or {@link #UNKNOWN}; no service can ask for one yet
 * @param pricePerHour in the operator's currency, the same for all engines; null for no price
 * @param heldPorts host ports there that other pipelines hold
 */
public record EngineFacts(
        String name,
        SortedMap<String, String> labels,
        Presence presence,
        long freeNanoCpus,
        long freeMemory,
        int freeGpus,
        @Nullable BigDecimal pricePerHour,
        List<Port> heldPorts) {

    /** The value of an unknown capacity. */
    public static final long UNKNOWN = -1;

    /** Creates the facts of an engine on which no other pipeline holds a host port. */
    public EngineFacts(
            String name,
            SortedMap<String, String> labels,
            Presence presence,
            long freeNanoCpus,
            long freeMemory,
            int freeGpus,
            @Nullable BigDecimal pricePerHour) {
        this(name, labels, presence, freeNanoCpus, freeMemory, freeGpus, pricePerHour, List.of());
    }
}
