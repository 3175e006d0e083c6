package io.plumbline.core.release;

import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.Rollout;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline resolved: every image a digest or an id, every file its bytes' hash. Commits that
 * render the same are one release.
 *
 * @param id {@code v1:<hash>} of the canonical JSON
 * @param pipeline the pipeline's name
 * @param labels of the pipeline
 * @param engines names of the chosen engines; null means every engine of the repository
 * @param drift what is done about drift
 * @param rollout how it is brought out
 * @param services in the order of the manifest
 */
public record Release(
        String id,
        String pipeline,
        SortedMap<String, String> labels,
        @Nullable List<String> engines,
        DriftMode drift,
        Rollout rollout,
        List<ReleaseService> services) {

    /** The service of that name. */
    public Optional<ReleaseService> service(String name) {
        return services.stream().filter(s -> s.name().equals(name)).findFirst();
    }
}
