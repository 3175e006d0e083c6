package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;

/**
 * The capacity that a pipeline takes of one engine, by the limits of its containers. A container
 * without a limit counts as zero.
 *
 * @param nanoCpus CPUs times 10^9
 * @param memory bytes
 */
public record Usage(long nanoCpus, long memory) {

    /** Nothing. */
    public static final Usage NONE = new Usage(0, 0);

    /** Returns the capacity that a release takes of an engine in an assignment. */
    public static Usage of(Release release, Assignment assignment, String engine) {
        long cpus = 0;
        long memory = 0;
        for (ReleaseService service : release.services()) {
            int replicas = assignment.replicas(engine, service.name());
            cpus += replicas * FreeCapacity.cpus(service);
            memory += replicas * FreeCapacity.memory(service);
        }
        return new Usage(cpus, memory);
    }

    /** Returns the sum. */
    public Usage plus(Usage other) {
        return new Usage(nanoCpus + other.nanoCpus, memory + other.memory);
    }

    /** Returns the larger value of each. */
    public Usage most(Usage other) {
        return new Usage(Math.max(nanoCpus, other.nanoCpus), Math.max(memory, other.memory));
    }
}
