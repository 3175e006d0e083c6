package io.plumbline.core.release;

import java.util.List;

/**
 * A list of patterns of keys. {@code *} matches any characters. A pattern that begins with {@code
 * !} excludes its matches, at any position in the list.
 *
 * @param patterns in the operator's order
 */
public record KeyPatterns(List<String> patterns) {

    /** Creates patterns in this order. */
    public static KeyPatterns of(String... patterns) {
        return new KeyPatterns(List.of(patterns));
    }

    /** Whether a pattern matches the key and no {@code !} pattern does. */
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
