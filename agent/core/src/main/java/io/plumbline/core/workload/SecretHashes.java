package io.plumbline.core.workload;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.SecretMount;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * The keyed hashes of secrets' values that an engine stores with a replica: {@code name=hash} by
 * name, separated by commas.
 */
public final class SecretHashes {
    private SecretHashes() {}

    /**
     * Returns the text for a spec; empty for a spec without secrets. A secret whose hash is not
     * known is omitted.
     *
     * @param hashes by the secret's name
     */
    public static String text(WorkloadSpec spec, Map<String, String> hashes) {
        var out = new StringJoiner(",");
        spec.secrets().stream()
                .map(SecretMount::name)
                .distinct()
                .sorted()
                .filter(hashes::containsKey)
                .forEach(name -> out.add(name + "=" + hashes.get(name)));
        return out.toString();
    }

    /** Parses {@link #text}: hashes by name; a part that is not {@code name=hash} is ignored. */
    public static SortedMap<String, String> parse(String text) {
        var out = new TreeMap<String, String>();
        for (String part : text.split(",")) {
            int eq = part.indexOf('=');
            if (eq > 0) {
                out.put(part.substring(0, eq), part.substring(eq + 1));
            }
        }
        return out;
    }
}
