package io.plumbline.manifest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline as a committer wrote it, with the defaults of the language filled in.
 *
 * @param metadata name and labels
 * @param placement which engines, and how the replicas are put there
 * @param drift what to do about drift
 * @param services in the order of the file
 * @param rollout how a release is brought out
 * @param position where the document begins
 * @param images how images reach engines
 */
public record Pipeline(
        Metadata metadata,
        Placement placement,
        DriftMode drift,
        List<Service> services,
        Rollout rollout,
        Position position,
        Images images)
        implements Manifest {

    /** The names in {@code placement.engines}; null where a selector chooses, or all are meant. */
    public @Nullable List<String> engines() {
        return placement.engines();
    }
}
