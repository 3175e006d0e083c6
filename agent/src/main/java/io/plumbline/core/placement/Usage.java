package io.plumbline.core.placement;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;

/**
 * What a pipeline takes of one engine, by the limits of its containers. One without a limit takes
 * nothing, as far as placement knows.
 *
 * @param nanoCpus cpus times 10^9
 * @param memory bytes
 */
public record Usage(long nanoCpus, long memory) {

    /** Nothing. */
    public static final Usage NONE = new Usage(0, 0);

    /** What a release takes of an engine, as it is assigned. */
    public static Usage of(Release release, Assignment assignment, String engine) {
        long cpus = 0;
        long memory = 0;
        for (ReleaseService service : release.services()) {
            int replicas = assignment.replicas(engine, service.name());
            cpus += replicas * Room.cpus(service);
            memory += replicas * Room.memory(service);
        }
        return new Usage(cpus, memory);
    }

    /** Both together. */
    public Usage plus(Usage other) {
        return new Usage(nanoCpus + other.nanoCpus, memory + other.memory);
    }

    /** The greater of each. */
    public Usage most(Usage other) {
        return new Usage(Math.max(nanoCpus, other.nanoCpus), Math.max(memory, other.memory));
    }
}
