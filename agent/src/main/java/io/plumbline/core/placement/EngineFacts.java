package io.plumbline.core.placement;

import io.plumbline.manifest.Port;
import java.math.BigDecimal;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What placement needs to know of an engine. Free is its capacity less what <em>other</em>
 * pipelines have placed there; what is placed is what limits say, not what is used.
 *
 * @param name as the agent's configuration has it
 * @param labels cloud, region, ...
 * @param presence what it can be asked to do
 * @param freeNanoCpus cpus times 10^9, at least 0; {@link #UNKNOWN} fits everything
 * @param freeMemory bytes, at least 0; or {@link #UNKNOWN}
 * @param freeGpus at least 0, or {@link #UNKNOWN}; no service can ask for one yet
 * @param pricePerHour in whatever currency the operator uses for all engines; null for no price
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

    /** Stands for a capacity that nobody knows. */
    public static final long UNKNOWN = -1;

    /** An engine on which no other pipeline holds a host port. */
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
