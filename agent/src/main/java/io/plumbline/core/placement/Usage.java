package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.Port;
import java.util.ArrayList;
import java.util.List;

/**
 * What pipelines have placed on one engine, by the limits in their releases. A service without a
 * limit uses nothing, as far as placement knows.
 *
 * @param nanoCpus cpus times 10^9
 * @param memory bytes
 * @param hostPorts that are asked of the host, ranges whole
 */
public record Usage(long nanoCpus, long memory, List<Port> hostPorts) {

    /** Nothing. */
    public static final Usage NONE = new Usage(0, 0, List.of());

    /** What a release uses of an engine, as it is assigned. */
    public static Usage of(Release release, Assignment assignment, String engine) {
        long cpus = 0;
        long memory = 0;
        List<Port> ports = new ArrayList<>();
        for (ReleaseService service : release.services()) {
            int replicas = assignment.replicas(engine, service.name());
            cpus += replicas * Room.cpus(service);
            memory += replicas * Room.memory(service);
            if (replicas > 0) {
                service.spec().ports().stream().filter(p -> p.host() != null).forEach(ports::add);
            }
        }
        return new Usage(cpus, memory, List.copyOf(ports));
    }

    /** Both together. */
    public Usage plus(Usage other) {
        List<Port> ports = new ArrayList<>(hostPorts);
        ports.addAll(other.hostPorts);
        return new Usage(nanoCpus + other.nanoCpus, memory + other.memory, List.copyOf(ports));
    }

    /**
     * What is left of a capacity: at least 0.
     *
     * @param capacity cpus times 10^9, or {@link EngineFacts#UNKNOWN}, which stays that
     */
    public long freeNanoCpus(long capacity) {
        return capacity == EngineFacts.UNKNOWN ? capacity : Math.max(0, capacity - nanoCpus);
    }

    /**
     * What is left of a capacity: at least 0.
     *
     * @param capacity bytes, or {@link EngineFacts#UNKNOWN}, which stays that
     */
    public long freeMemory(long capacity) {
        return capacity == EngineFacts.UNKNOWN ? capacity : Math.max(0, capacity - memory);
    }
}
