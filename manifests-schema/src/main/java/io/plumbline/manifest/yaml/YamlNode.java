package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Position;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A value in a YAML file, with its position. Aliases are resolved: one node may be at several
 * positions, but never within itself. Merge keys are merged.
 */
public sealed interface YamlNode {

    /** Returns the beginning of the value; for an alias, of the anchored value. */
    Position position();

    /** Returns the kind of value, for messages: {@code a list}. Never shows the value itself. */
    String described();

    /**
     * A scalar as written.
     *
     * @param position its position
     * @param text without quotes and with escapes resolved, otherwise unchanged
     * @param plain whether it is written without quotes or block indicator, so that it may be a
     *     number
     */
    record Scalar(Position position, String text, boolean plain) implements YamlNode {

        private static final int LONGEST_NUMBER = 400;
        private static final Pattern INTEGER =
                Pattern.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+");
        private static final Pattern FLOAT =
                Pattern.compile(
                        "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
                                + "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

        /**
         * Returns the type by YAML 1.2's core schema (section 10.3.2), as editors see it: {@code
         * NO} and {@code 22:22} are text.
         */
        public Type type() {
            if (!plain || text.length() > LONGEST_NUMBER) {
                return Type.TEXT;
            }
            return switch (text) {
                case "", "~", "null", "Null", "NULL" -> Type.NULL;
                case "true", "True", "TRUE", "false", "False", "FALSE" -> Type.BOOLEAN;
                default ->
                        INTEGER.matcher(text).matches()
                                ? Type.INTEGER
                                : FLOAT.matcher(text).matches() ? Type.FLOAT : Type.TEXT;
            };
        }

        @Override
        public String described() {
            return switch (type()) {
                case TEXT -> "a text";
                case INTEGER, FLOAT -> "a number";
                case BOOLEAN -> "true or false";
                case NULL -> "nothing";
            };
        }
    }

    /** The type of a scalar if no key determines it. */
    enum Type {
        /** Every other scalar, and every quoted one. */
        TEXT,
        /** Decimal, {@code 0o17} or {@code 0x1f}. */
        INTEGER,
        /** With a fraction or an exponent. */
        FLOAT,
        /** {@code true} or {@code false}. */
        BOOLEAN,
        /** Empty, {@code ~} or {@code null}. */
        NULL
    }

    /** A list. */
    record Sequence(Position position, List<YamlNode> items) implements YamlNode {
        @Override
        public String described() {
            return "a list";
        }
    }

    /**
     * A mapping.
     *
     * @param position where it begins
     * @param entries by key, in the order of the file; merged ones last
     */
    record Mapping(Position position, Map<String, Entry> entries) implements YamlNode {
        @Override
        public String described() {
            return "a mapping";
        }
    }

    /**
     * A key and its value.
     *
     * @param position position of the key
     */
    record Entry(Position position, String key, YamlNode value) {}
}
