package io.plumbline.runtime.git;

import io.plumbline.manifest.Diagnostic;
import io.plumbline.manifest.Pipeline;
import io.plumbline.runtime.git.RepositoryView.Entry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The rules for {@code metadata.was} within one commit. An earlier name must not be a pipeline that
 * is still defined. Two pipelines must not have the same earlier name.
 */
final class EarlierNames {
    private EarlierNames() {}

    /** Adds the pipelines with wrong earlier names to the broken ones. */
    static void check(
            SortedMap<String, Entry> pipelines,
            SortedMap<String, String> broken,
            SortedMap<String, List<String>> brokenFiles) {
        Map<String, Pipeline> claimed = new HashMap<>();
        for (var entry : pipelines.values()) {
            var pipeline = entry.pipeline();
            for (var earlier : pipeline.metadata().was()) {
                var there = pipelines.get(earlier);
                var other = claimed.putIfAbsent(earlier, pipeline);
                if (there != null) {
                    refuse(
                            pipeline,
                            earlier
                                    + " is still defined in "
                                    + there.pipeline().position()
                                    + ": remove it there, or take the key out",
                            broken,
                            brokenFiles);
                } else if (other != null) {
                    refuse(pipeline, twice(earlier, other), broken, brokenFiles);
                    refuse(other, twice(earlier, pipeline), broken, brokenFiles);
                }
            }
        }
    }

    private static String twice(String earlier, Pipeline other) {
        return earlier
                + " is named in "
                + other.position()
                + " too: one pipeline at most can be what it was";
    }

    private static void refuse(
            Pipeline pipeline,
            String why,
            SortedMap<String, String> broken,
            SortedMap<String, List<String>> brokenFiles) {
        var error = new Diagnostic(pipeline.position(), "metadata.was", why).toString();
        broken.putIfAbsent(pipeline.metadata().name(), error);
        RepositoryReader.also(brokenFiles, pipeline.position().file(), error);
    }
}
