package io.plumbline.core.release;

import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Rollout;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A resolved pipeline: every image is a digest or an id, every file its bytes' hash. Commits that
 * render the same are one release.
 *
 * @param id {@code v1:<hash>} of the canonical JSON
 * @param pipeline the pipeline's name on the engines: the first that it had
 * @param labels of the pipeline
 * @param drift the drift mode
 * @param rollout the settings of a rollout
 * @param services in the order of the manifest
 * @param placement which engines, and how replicas are placed; {@code core.placement} decides
 * @param images how images reach engines
 */
public record Release(
        String id,
        String pipeline,
        SortedMap<String, String> labels,
        DriftMode drift,
        Rollout rollout,
        List<ReleaseService> services,
        Placement placement,
        Images images) {

    /**
     * Returns the names of the chosen engines; null if a selector chooses, or every engine is
     * meant.
     */
    public @Nullable List<String> engines() {
        return placement.engines();
    }

    /**
     * Returns a hash of the id, which stands for all the rest: a hash of every field of every
     * service costs more than most uses of it.
     */
    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /**
     * Returns the same release, with the same id, with other services: its part on one engine. If
     * these are its own services, the result is this object, which is compared at once.
     */
    public Release withServices(List<ReleaseService> others) {
        return services.equals(others)
                ? this
                : new Release(
                        id,
                        pipeline,
                        labels,
                        drift,
                        rollout,
                        List.copyOf(others),
                        placement,
                        images);
    }

    /** Returns the service of this name. */
    public Optional<ReleaseService> service(String name) {
        return services.stream().filter(s -> s.name().equals(name)).findFirst();
    }

    /** Returns the names of its images, each once. */
    public List<String> imageNames() {
        return services.stream().map(s -> s.spec().image().engineName()).distinct().toList();
    }
}
