package io.plumbline.runtime;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Today's secret values of a release, known outside this class by keyed hashes only. */
final class Secrets {
    private final SecretStore store;
    private final Function<SecretValue, String> hasher;

    Secrets(SecretStore store, Function<SecretValue, String> hasher) {
        this.store = store;
        this.hasher = hasher;
    }

    /**
     * What was found.
     *
     * @param hashes by secret name
     * @param problems a sentence for each secret that has no readable value
     */
    record Found(SortedMap<String, String> hashes, List<String> problems) {}

    /** Looks up every secret of a release. */
    Found hashes(Release release) {
        var hashes = new TreeMap<String, String>();
        var problems = new ArrayList<String>();
        for (var name : names(release)) {
            try {
                var value = store.read(name);
                if (value.isPresent()) {
                    hashes.put(name, hasher.apply(value.get()));
                } else {
                    problems.add(
                            "secret "
                                    + name
                                    + " has no value: put it at "
                                    + store.whereabouts(name));
                }
            } catch (PlumblineException e) {
                problems.add("secret " + name + ": " + e.getMessage());
            }
        }
        return new Found(hashes, List.copyOf(problems));
    }

    SecretStore store() {
        return store;
    }

    static SortedSet<String> names(Release release) {
        var names = new TreeSet<String>();
        release.services().forEach(s -> s.spec().secrets().forEach(m -> names.add(m.name())));
        return names;
    }

    /** The label {@code plumbline.secrets} of a service's containers. */
    static String label(ReleaseService service, SortedMap<String, String> hashes) {
        var parts = new TreeSet<String>();
        for (SecretMount m : service.spec().secrets()) {
            parts.add(m.name() + "=" + hashes.getOrDefault(m.name(), ""));
        }
        return String.join(",", parts);
    }

    /** One text for all of a release's secrets: changes when one of them does. */
    static String fingerprint(SortedMap<String, String> hashes) {
        var out = new StringBuilder();
        hashes.forEach((name, hash) -> out.append(name).append('=').append(hash).append(','));
        return out.toString();
    }

    /** Whether a container runs with other than today's values, which are not refused. */
    boolean changed(LaneOrder o, @Nullable EngineState observed) {
        if (observed == null || names(o.release()).isEmpty()) {
            return false;
        }
        var found = hashes(o.release());
        return found.problems().isEmpty()
                && !fingerprint(found.hashes()).equals(o.refusedSecrets())
                && observed.containers().stream()
                        .filter(LiveContainer::alive)
                        .anyMatch(c -> others(c, o.release(), found.hashes()));
    }

    private static boolean others(
            LiveContainer c, Release release, SortedMap<String, String> hashes) {
        return release.service(c.label(Labels.SERVICE))
                .filter(s -> s.specHash().equals(c.label(Labels.SPEC)))
                .filter(s -> !label(s, hashes).equals(c.label(Labels.SECRETS)))
                .isPresent();
    }
}
