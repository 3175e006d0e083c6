package io.plumbline.manifest.yaml;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one kind of mapping: known, known but not supported yet, and frequent wrong ones with
 * a hint.
 */
public final class Keys {

    private final Set<String> known;
    private final Set<String> later;
    private final Map<String, String> hints;

    private Keys(Set<String> known, Set<String> later, Map<String, String> hints) {
        this.known = Collections.unmodifiableSet(known);
        this.later = Collections.unmodifiableSet(later);
        this.hints = Collections.unmodifiableMap(hints);
    }

    /** Creates a set of known keys. */
    public static Keys of(String... known) {
        return new Keys(new LinkedHashSet<>(List.of(known)), Set.of(), Map.of());
    }

    /** Adds known keys. */
    public Keys and(List<String> keys) {
        var all = new LinkedHashSet<>(known);
        all.addAll(keys);
        return new Keys(all, later, hints);
    }

    /** Adds keys that are refused with {@code not supported yet}. */
    public Keys later(String... keys) {
        var all = new LinkedHashSet<>(later);
        all.addAll(List.of(keys));
        return new Keys(known, all, hints);
    }

    /** Adds all hints of another kind of mapping. */
    public Keys hints(Keys other) {
        var all = new LinkedHashMap<>(hints);
        all.putAll(other.hints);
        return new Keys(known, later, all);
    }

    /** Adds a hint that follows {@code unknown key} for a key of another language. */
    public Keys hint(String key, String hint) {
        var all = new LinkedHashMap<>(hints);
        all.put(key, hint);
        return new Keys(known, later, all);
    }

    /** Returns the known keys, in the order given. */
    public Set<String> known() {
        return known;
    }

    /** Returns the keys that are not supported yet. */
    public Set<String> later() {
        return later;
    }

    /**
     * Returns the error for a key, with the probably intended one if {@code helpful}; null for a
     * known key.
     */
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
