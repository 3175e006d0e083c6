package io.plumbline.core.release;

import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.SecretMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The differences between two releases of a pipeline, field by field, in the words of the manifest.
 * Values that only an image sets are covered by that image's digest.
 */
public final class ReleaseDiff {
    private static final int DIGITS = 12;

    private ReleaseDiff() {}

    /**
     * A field that differs.
     *
     * @param service name; empty for a field of the whole pipeline
     * @param field in the manifest's words, such as {@code env[VERSION]} or {@code files[/etc/a]}
     * @param from its value in the first release; empty if it is not set there
     * @param to its value in the second; empty if it is not set there
     */
    public record Difference(String service, String field, String from, String to) {}

    /** The fields of a service's spec as text, in the words of the manifest, where it has them. */
    public interface SpecText {
        /**
         * Returns the fields.
         *
         * @param pipeline the pipeline's name on engines
         */
        Map<String, String> of(ReleaseService service, String pipeline);
    }

    /** Returns all differences: the pipeline's, then those of each service by name. */
    public static List<Difference> between(Release from, Release to, SpecText text) {
        var out = new ArrayList<Difference>();
        compare("", pipeline(from), pipeline(to), out);
        var names = new TreeSet<String>();
        from.services().forEach(s -> names.add(s.name()));
        to.services().forEach(s -> names.add(s.name()));
        for (var name : names) {
            compare(name, service(from, name, text), service(to, name, text), out);
        }
        return List.copyOf(out);
    }

    /** Returns the file of a release's service for a field. */
    public static Optional<SpecFile> file(Release release, String service, String field) {
        return release.service(service).stream()
                .flatMap(s -> s.spec().files().stream())
                .filter(f -> field(f).equals(field))
                .findFirst();
    }

    private static void compare(
            String service,
            Map<String, String> from,
            Map<String, String> to,
            List<Difference> out) {
        var fields = new TreeSet<>(from.keySet());
        fields.addAll(to.keySet());
        for (var field : fields) {
            var before = from.getOrDefault(field, "");
            var after = to.getOrDefault(field, "");
            if (!before.equals(after)) {
                out.add(new Difference(service, field, before, after));
            }
        }
    }

    private static SortedMap<String, String> pipeline(Release r) {
        var f = new TreeMap<String, String>();
        f.put("drift", word(r.drift()));
        r.labels().forEach((key, value) -> f.put("labels[" + key + "]", value));
        Rollout rollout = r.rollout();
        f.put("rollout.soak", rollout.soak().toString());
        f.put("rollout.progressDeadline", rollout.progressDeadline().toString());
        f.put("rollout.pullDeadline", rollout.pullDeadline().toString());
        f.put("rollout.pruneGrace", rollout.pruneGrace().toString());
        f.put("rollout.onFailure", word(rollout.onFailure()));
        f.put("rollout.keep", Integer.toString(rollout.keep()));
        f.put("rollout.irreversible", Boolean.toString(rollout.irreversible()));
        f.put("rollout.atomic", Boolean.toString(rollout.atomic()));
        Placement placement = r.placement();
        f.put("placement", placement.equals(Placement.DEFAULT) ? "" : placement.toString());
        return f;
    }

    private static SortedMap<String, String> service(Release release, String name, SpecText text) {
        var f = new TreeMap<String, String>();
        release.service(name).ifPresent(s -> service(f, s, text.of(s, release.pipeline())));
        return f;
    }

    private static void service(Map<String, String> f, ReleaseService s, Map<String, String> spec) {
        f.putAll(spec);
        f.put("image", s.reference() + " (" + brief(s.spec().image().engineName()) + ")");
        f.put("replicas", Integer.toString(s.replicas()));
        f.put("dependsOn", String.join(", ", s.dependsOn()));
        f.put("pull", word(s.pull()));
        f.put("stateful", Boolean.toString(s.stateful()));
        var restart = s.restartUnhealthyAfter();
        f.put("healthcheck.restartAfter", restart == null ? "" : restart.toString());
        for (var file : s.spec().files()) {
            f.put(field(file), text(file));
        }
        for (SecretMount secret : s.spec().secrets()) {
            f.put("secrets[" + secret.name() + "]", secret.target());
        }
    }

    private static String field(SpecFile file) {
        return "files[" + file.target() + "]";
    }

    private static String text(SpecFile f) {
        return "sha256:%s mode %04o owner %d:%d"
                .formatted(f.sha256().substring(0, DIGITS), f.mode(), f.uid(), f.gid());
    }

    /** Shortens a digest for display. */
    private static String brief(String engineName) {
        int digest = engineName.indexOf("sha256:");
        int end = digest + "sha256:".length() + DIGITS;
        return digest < 0 || engineName.length() <= end
                ? engineName
                : engineName.substring(digest, end);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
