package io.plumbline.manifest;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A field of a service that needs no code of its own: a row of the table {@link ServiceKeys}. The
 * reader, the release, the ledger, the comparison with what runs and the permissions all go through
 * the table. An engine has a table of its own, with the place of each field in its API.
 *
 * @param key in the manifest and in the canonical form of a release
 * @param type of its values
 * @param standard the value if the manifest omits it; null if the engine decides. Then what runs is
 *     right
 * @param permission null if every manifest may use the field
 */
public record PlainField(
        String key, FieldType type, @Nullable Object standard, @Nullable Permission permission) {

    /**
     * The operator's permission that a field needs. The list of {@code allow} has the names that a
     * manifest may use; if the operator omits it, it may use none.
     *
     * @param key below {@code repositories[].allow}
     * @param noun what a name is, for messages: {@code capability}
     */
    public record Permission(String key, String noun) {}

    /** Returns all fields, in the order of the reference page. */
    public static List<PlainField> all() {
        return ServiceKeys.PLAIN;
    }

    /** Returns the permissions of all fields. */
    public static List<Permission> permissions() {
        return ServiceKeys.PERMISSIONS;
    }

    /** Returns the names in a value that need permission: the items of a list, a mapping's keys. */
    public static Collection<String> names(@Nullable Object value) {
        Collection<?> names =
                switch (value) {
                    case Map<?, ?> map -> map.keySet();
                    case List<?> list -> list;
                    case null, default -> List.of();
                };
        return names.stream().map(String::valueOf).toList();
    }
}
