package io.plumbline.runtime.secrets;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Observation;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.SecretHashes;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The current secret values of a release. Other classes see only their keyed hashes. */
public final class Secrets {
    private final Redaction store;
    private final Function<SecretValue, String> hasher;

    public Secrets(Redaction store, Function<SecretValue, String> hasher) {
        this.store = store;
        this.hasher = hasher;
    }

    /**
     * The result of a lookup.
     *
     * @param hashes by secret name
     * @param earlier by secret name, for values that end with a line end: the hash without it, as
     *     earlier versions computed it
     * @param problems a sentence for each secret without a readable value
     */
    public record Found(
            SortedMap<String, String> hashes,
            SortedMap<String, String> earlier,
            List<String> problems) {

        /** Returns one text for all secrets, which changes if one of them does. */
        public String fingerprint() {
            return Secrets.fingerprint(hashes);
        }

        /**
         * Whether the text is the fingerprint of these values, as this or an earlier version
         * computed it.
         */
        public boolean hasFingerprint(String text) {
            return text.equals(fingerprint()) || text.equals(Secrets.fingerprint(asEarlier()));
        }

        /** Whether a container's label names these values. */
        public boolean areIn(ReleaseService service, String label) {
            var has = SecretHashes.parse(label);
            return service.spec().secrets().stream()
                    .map(SecretMount::name)
                    .allMatch(
                            name ->
                                    hashes.getOrDefault(name, "").equals(has.get(name))
                                            || (earlier.containsKey(name)
                                                    && earlier.get(name).equals(has.get(name))));
        }

        private SortedMap<String, String> asEarlier() {
            var out = new TreeMap<>(hashes);
            out.putAll(earlier);
            return out;
        }
    }

    /** Looks up every secret of a release. */
    public Found hashes(Release release) {
        return hashes(names(release));
    }

    /**
     * Returns the hashes of the secrets of one workload, by name. A secret without a readable value
     * is omitted.
     */
    public SortedMap<String, String> hashes(ReleaseService workload) {
        var names = new TreeSet<String>();
        workload.spec().secrets().forEach(m -> names.add(m.name()));
        return hashes(names).hashes();
    }

    private Found hashes(SortedSet<String> names) {
        var hashes = new TreeMap<String, String>();
        var earlier = new TreeMap<String, String>();
        var problems = new ArrayList<String>();
        for (var name : names) {
            try {
                var value = need(store, name);
                hashes.put(name, hasher.apply(value));
                var trimmed = value.withoutLineEnd();
                if (!trimmed.equals(value)) {
                    earlier.put(name, hasher.apply(trimmed));
                }
            } catch (PlumblineException e) {
                problems.add(e.getMessage());
            }
        }
        return new Found(hashes, earlier, List.copyOf(problems));
    }

    /** Returns the value of a secret. */
    public static SecretValue need(SecretStore store, String name) {
        Optional<SecretValue> found;
        try {
            found = store.read(name);
        } catch (PlumblineException e) {
            throw new PlumblineException(e.kind(), "secret " + name + ": " + e.getMessage(), e);
        }
        var value =
                found.orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.TRANSIENT,
                                        "secret "
                                                + name
                                                + " has no value: put it at "
                                                + store.whereabouts(name)));
        if (value.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "secret " + name + " is empty: put its value at " + store.whereabouts(name));
        }
        return value;
    }

    /** Returns the text without any secret value that this process has read. */
    public String redact(String text) {
        return store.redact(text);
    }

    public SecretStore store() {
        return store;
    }

    public static SortedSet<String> names(Release release) {
        var names = new TreeSet<String>();
        release.services().forEach(s -> s.spec().secrets().forEach(m -> names.add(m.name())));
        return names;
    }

    /** Returns the label {@code plumbline.secrets} of a service's containers. */
    public static String label(ReleaseService service, SortedMap<String, String> hashes) {
        var parts = new TreeSet<String>();
        for (SecretMount m : service.spec().secrets()) {
            parts.add(m.name() + "=" + hashes.getOrDefault(m.name(), ""));
        }
        return String.join(",", parts);
    }

    /** Returns one text for all of a release's secrets, which changes if one of them does. */
    private static String fingerprint(SortedMap<String, String> hashes) {
        var out = new StringBuilder();
        hashes.forEach((name, hash) -> out.append(name).append('=').append(hash).append(','));
        return out.toString();
    }

    /**
     * Whether a container runs with other values than today's, and today's values are not refused.
     *
     * @param refused the hashes of values for which no container is replaced
     */
    public boolean changed(Release release, String refused, @Nullable Observation observed) {
        if (observed == null || names(release).isEmpty()) {
            return false;
        }
        var found = hashes(release);
        return found.problems().isEmpty()
                && !found.hasFingerprint(refused)
                && observed.replicas().stream()
                        .filter(Replica::alive)
                        .anyMatch(c -> others(c, release, found));
    }

    private static boolean others(Replica c, Release release, Found today) {
        return release.service(c.service())
                .filter(s -> s.specHash().equals(c.origin().spec()))
                .filter(s -> !today.areIn(s, c.origin().secrets()))
                .isPresent();
    }
}
