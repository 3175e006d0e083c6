package io.plumbline.core.step;

import io.plumbline.core.release.CanonicalJson;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.SpecCanonical;
import io.plumbline.manifest.SecretMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The cache key of a step: SHA-256 over canonical JSON of everything that decides what it makes.
 *
 * <p>Its parts are: the image's digest, {@code entrypoint}, {@code command}, each variable that
 * {@code cache.ignore} does not name, {@code user}, {@code workingDir}, {@code capAdd}, {@code
 * capDrop}, names and targets of secrets, each file, each input with the digest of its content,
 * each volume, the declared outputs, and {@code cache.version}. Values of secrets, limits of time
 * and resources, retries and placement are no parts.
 *
 * @param value {@code sha256:} and 64 hex digits
 * @param parts the first 16 hex digits of the SHA-256 of each part, by its name
 */
public record StepKey(String value, SortedMap<String, String> parts) {
    private static final String SCHEMA = "1";
    private static final Set<String> WHOLE = Set.of("entrypoint", "command", "user", "workingDir");

    /** How the keys of the fields for capabilities begin. */
    private static final String CAPABILITIES = "cap";

    private static final int SHOWN = 16;

    /**
     * Returns the key of a step.
     *
     * @param digests the digest of each input's content, by the input's name
     * @throws IllegalArgumentException if the digest of an input is not given
     */
    public static StepKey of(StepSpec step, Map<String, String> digests) {
        var parts = new TreeMap<String, Object>();
        var spec = step.workload().spec();
        parts.put("image", image(spec.image()));
        var tree = SpecCanonical.tree(spec);
        tree.forEach(
                (name, value) -> {
                    if (WHOLE.contains(name) || name.startsWith(CAPABILITIES)) {
                        parts.put(name, value);
                    }
                });
        spec.env()
                .forEach(
                        (name, value) -> {
                            if (!step.cache().ignore().contains(name)) {
                                parts.put("env." + name, value);
                            }
                        });
        for (var secret : spec.secrets()) {
            parts.put("secrets." + secret.name() + " as " + target(secret), true);
        }
        for (var file : spec.files()) {
            parts.put(
                    "files." + file.target(),
                    List.of(file.sha256(), file.mode(), file.uid(), file.gid()));
        }
        for (var volume : spec.volumes()) {
            parts.put("volumes." + volume.target(), volume.name());
        }
        for (var input : step.inputs()) {
            var digest = digests.get(input.name());
            if (digest == null) {
                throw new IllegalArgumentException("the input " + input.name() + " has no digest");
            }
            parts.put("inputs." + input.name(), List.of(digest, input.path()));
        }
        for (var output : step.outputs()) {
            parts.put("outputs." + output.name(), List.of(output.type().word(), output.path()));
        }
        if (!step.cache().version().isEmpty()) {
            parts.put("cache.version", step.cache().version());
        }
        var hashes = new TreeMap<String, String>();
        parts.forEach(
                (name, value) ->
                        hashes.put(
                                name,
                                SpecCanonical.sha256(CanonicalJson.write(value))
                                        .substring(0, SHOWN)));
        var whole = Map.of("schema", SCHEMA, "parts", parts);
        return new StepKey("sha256:" + SpecCanonical.sha256(CanonicalJson.write(whole)), hashes);
    }

    /** Returns the names of the parts that differ, sorted. */
    public static List<String> changed(Map<String, String> before, Map<String, String> now) {
        var names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        var out = new ArrayList<String>();
        for (var name : names) {
            if (!before.getOrDefault(name, "").equals(now.getOrDefault(name, ""))) {
                out.add(name);
            }
        }
        return List.copyOf(out);
    }

    /** Returns the content of an image without the repository from which it comes. */
    private static String image(ImageRef image) {
        return switch (image) {
            case ImageRef.Digest d -> d.digest();
            case ImageRef.LocalId l -> l.id();
        };
    }

    private static String target(SecretMount secret) {
        return switch (secret) {
            case SecretMount.AsEnv e -> "env " + e.target();
            case SecretMount.AsFile f -> "file " + f.target();
        };
    }
}
