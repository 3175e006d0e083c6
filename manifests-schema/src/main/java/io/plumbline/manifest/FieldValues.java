package io.plumbline.manifest;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The values of the {@link PlainField}s of one container.
 *
 * @param byKey normal values, see {@link FieldType}; a default of the language is omitted
 */
public record FieldValues(SortedMap<String, Object> byKey) {

    /** No field has a value of its own. */
    public static final FieldValues NONE = new FieldValues(Collections.emptySortedMap());

    /**
     * Creates values in their normal form.
     *
     * @throws IllegalArgumentException for a key that the table does not have
     */
    public static FieldValues of(Map<String, ?> values) {
        var normal = new TreeMap<String, Object>();
        var rest = new TreeMap<String, Object>(values);
        for (PlainField field : PlainField.all()) {
            Object given = rest.remove(field.key());
            Object value = given == null ? null : field.type().normal(given);
            if (value != null && !value.equals(field.standard())) {
                normal.put(field.key(), value);
            }
        }
        if (!rest.isEmpty()) {
            throw new IllegalArgumentException("no plain fields: " + rest.keySet());
        }
        return new FieldValues(Collections.unmodifiableSortedMap(normal));
    }

    /** Returns the same with another value of one field. */
    public FieldValues with(String key, Object value) {
        var all = new TreeMap<>(byKey);
        all.put(key, value);
        return of(all);
    }

    /** Returns a field's value, or its default; null if the engine decides. */
    public @Nullable Object get(PlainField field) {
        Object own = byKey.get(field.key());
        return own == null ? field.standard() : own;
    }

    /** Returns a number; null if it has none of its own. */
    public @Nullable Long number(String key) {
        return (Long) byKey.get(key);
    }

    /** Returns a flag; its default is false. */
    public boolean flag(String key) {
        return byKey.get(key) instanceof Boolean flag && flag;
    }

    /** Returns a list; its default is empty. */
    public List<String> texts(String key) {
        return List.copyOf(PlainField.names(byKey.get(key)));
    }
}
