package io.plumbline.manifest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline of a manifest, with the defaults of the language filled in.
 *
 * @param metadata name and labels
 * @param placement the engines, and the distribution of the replicas
 * @param drift the handling of drift
 * @param services in the order of the file
 * @param rollout the rules of a rollout
 * @param position beginning of the document
 * @param images the distribution of images to engines
 * @param steps what runs to its end before the services are deployed, in the order of the file
 * @param gates what must pass between steps and services, in the order of the file
 * @param params the parameters of its steps, in the order of the file
 * @param after the pipelines that must be synced before a commit is deployed, each once
 */
public record Pipeline(
        Metadata metadata,
        Placement placement,
        DriftMode drift,
        List<Service> services,
        Rollout rollout,
        Position position,
        Images images,
        List<Step> steps,
        List<Gate> gates,
        List<Param> params,
        List<String> after)
        implements Manifest {

    /** Creates a pipeline of services only. */
    public Pipeline(
            Metadata metadata,
            Placement placement,
            DriftMode drift,
            List<Service> services,
            Rollout rollout,
            Position position,
            Images images) {
        this(
                metadata, placement, drift, services, rollout, position, images, List.of(),
                List.of(), List.of(), List.of());
    }

    /**
     * Returns the names in {@code placement.engines}; null if a selector is given, or neither,
     * which means all.
     */
    public @Nullable List<String> engines() {
        return placement.engines();
    }
}
