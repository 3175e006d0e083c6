package io.plumbline.core.step;

import io.plumbline.api.Artifact;
import io.plumbline.api.Run;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.SpecFile;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The stored files that are still needed. */
public final class KeptArtifacts {
    private static final String PREFIX = "sha256:";

    private KeptArtifacts() {}

    /**
     * Returns the SHA-256 of all files that releases and recorded runs name.
     *
     * @param entries returns the files of an artifact that is a folder; throws if the list is lost
     */
    public static Set<String> of(
            Collection<Release> releases,
            Collection<Run> runs,
            Function<Artifact, List<Folder.Entry>> entries) {
        var out = new HashSet<String>();
        for (var release : releases) {
            for (var service : release.services()) {
                service.spec().files().stream().map(SpecFile::sha256).forEach(out::add);
            }
        }
        for (var run : runs) {
            for (var step : run.steps()) {
                step.outputs().forEach(a -> add(out, a, entries));
                var log = step.log();
                if (log != null) {
                    out.add(log.substring(PREFIX.length()));
                }
            }
        }
        return out;
    }

    private static void add(
            Set<String> out, Artifact a, Function<Artifact, List<Folder.Entry>> entries) {
        boolean known = !out.add(a.digest().substring(PREFIX.length()));
        if (a.folder() && !known) {
            entries.apply(a).forEach(e -> out.add(e.sha256()));
        }
    }
}
