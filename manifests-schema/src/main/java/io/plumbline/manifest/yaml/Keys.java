package io.plumbline.manifest.yaml;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The keys of one kind of mapping: known, known but not supported yet, and often meant. */
public final class Keys {

    private final Set<String> known;
    private final Set<String> later;
    private final Map<String, String> hints;

    private Keys(Set<String> known, Set<String> later, Map<String, String> hints) {
        this.known = Collections.unmodifiableSet(known);
        this.later = Collections.unmodifiableSet(later);
        this.hints = Collections.unmodifiableMap(hints);
    }

    /** The keys that are read. */
    public static Keys of(String... known) {
        return new Keys(new LinkedHashSet<>(List.of(known)), Set.of(), Map.of());
    }

    /** Adds keys that are refused with {@code not supported yet}. */
    public Keys later(String... keys) {
        var all = new LinkedHashSet<>(later);
        all.addAll(List.of(keys));
        return new Keys(known, all, hints);
    }

    /** Adds what is said after {@code unknown key} for a key that others use. */
    public Keys hint(String key, String hint) {
        var all = new LinkedHashMap<>(hints);
        all.put(key, hint);
        return new Keys(known, later, all);
    }

    /** Keys that are read, in the order given. */
    public Set<String> known() {
        return known;
    }

    /** Keys that are refused for now. */
    public Set<String> later() {
        return later;
    }

    /** What is wrong with a key, if asked with what was probably meant; null for a known one. */
    @Nullable String objection(String key, boolean helpful) {
        if (known.contains(key)) {
            return null;
        }
        if (later.contains(key)) {
            return "not supported yet";
        }
        String message = "unknown key " + Words.quoted(key);
        if (!helpful) {
            return message;
        }
        String hint = hints.get(key);
        if (hint != null) {
            return message + ": " + hint;
        }
        String nearest = Words.nearest(key, known);
        if (nearest == null) {
            nearest = Words.nearest(key, later);
        }
        return nearest == null ? message : message + ", did you mean '" + nearest + "'?";
    }
}
