package io.plumbline.core.release;

import java.util.List;

/**
 * Patterns of keys. {@code *} stands for any characters; a pattern that begins with {@code !} takes
 * out what it matches, wherever it stands in the list.
 *
 * @param patterns in the operator's order
 */
public record KeyPatterns(List<String> patterns) {

    /** Patterns in this order. */
    public static KeyPatterns of(String... patterns) {
        return new KeyPatterns(List.of(patterns));
    }

    /** Whether some pattern matches the key and no {@code !} pattern does. */
    public boolean allows(String key) {
        return !excludes(key)
                && patterns.stream()
                        .anyMatch(p -> !p.startsWith("!") && AllowPolicy.matches(p, key));
    }

    /** Whether a {@code !} pattern matches the key. */
    public boolean excludes(String key) {
        return patterns.stream()
                .anyMatch(p -> p.startsWith("!") && AllowPolicy.matches(p.substring(1), key));
    }
}
