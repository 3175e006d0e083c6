package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The type of a {@link PlainField}. A value is immutable and has one of the forms of JSON: {@code
 * Boolean}, {@code Long}, {@code List<String>} or {@code SortedMap<String, String>}.
 */
public sealed interface FieldType {

    /** Decodes a value of a manifest; returns null after it reported an error. */
    @Nullable Object read(Decoder at);

    /** Returns the JSON Schema of the values, as YAML. */
    String schema();

    /** Returns the one value that stands for all values of the same meaning. */
    default Object normal(Object value) {
        return value;
    }

    /** True or false. */
    record Flag() implements FieldType {
        @Override
        public @Nullable Object read(Decoder at) {
            return at.bool();
        }

        @Override
        public String schema() {
            return "{type: boolean}";
        }
    }

    /** A whole number, both bounds included. */
    record Whole(long least, long most) implements FieldType {
        @Override
        public @Nullable Object read(Decoder at) {
            return at.whole(least, most);
        }

        @Override
        public String schema() {
            return "{type: integer, minimum: " + least + ", maximum: " + most + "}";
        }
    }

    /** A number of bytes, with or without a unit. */
    record Bytes(long least) implements FieldType {
        @Override
        public @Nullable Object read(Decoder at) {
            return at.bytes(least);
        }

        @Override
        public String schema() {
            return "{$ref: '#/$defs/bytes'}";
        }
    }

    /**
     * A list without duplicates.
     *
     * @param item decodes an item
     * @param itemSchema the JSON Schema of an item, as YAML
     * @param inOrder whether the order has a meaning; if not, the normal value is sorted
     * @param normalItem returns the one spelling of an item that an engine may spell otherwise
     */
    record Texts(
            Fields.Reading<String> item,
            String itemSchema,
            boolean inOrder,
            UnaryOperator<String> normalItem)
            implements FieldType {
        @Override
        public @Nullable Object read(Decoder at) {
            return Forms.distinct(at, item);
        }

        @Override
        public String schema() {
            return "{type: array, items: " + itemSchema + ", uniqueItems: true}";
        }

        @Override
        public Object normal(Object value) {
            List<String> items =
                    ((List<?>) value)
                            .stream().map(i -> normalItem.apply(String.valueOf(i))).toList();
            return inOrder ? items : List.copyOf(new TreeSet<>(items));
        }
    }

    /**
     * Texts by name.
     *
     * @param entries decodes the mapping
     * @param schema the JSON Schema of the mapping, as YAML
     */
    record TextMap(Fields.Reading<SortedMap<String, String>> entries, String schema)
            implements FieldType {
        @Override
        public @Nullable Object read(Decoder at) {
            return entries.of(at);
        }

        @Override
        public Object normal(Object value) {
            var sorted = new TreeMap<String, String>();
            ((Map<?, ?>) value).forEach((k, v) -> sorted.put(String.valueOf(k), String.valueOf(v)));
            return Collections.unmodifiableSortedMap(sorted);
        }
    }
}
