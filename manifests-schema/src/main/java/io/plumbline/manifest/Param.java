package io.plumbline.manifest;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A parameter of a pipeline's steps, which their texts name as <code>{{params.NAME}}</code>.
 *
 * @param name unique in the pipeline
 * @param type the form of its values
 * @param value the value of a run that does not give another, as written
 * @param allowed the only values that it may have; empty if there is no such list
 */
public record Param(String name, Type type, String value, List<String> allowed) {

    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,18}");
    private static final Pattern DECIMAL =
            Pattern.compile("[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?");

    /** The form of a parameter's values. */
    public enum Type {
        /** Any text. */
        STRING,
        /** A whole number of at most 18 digits. */
        INTEGER,
        /** A finite number. */
        NUMBER,
        /** {@code true} or {@code false}. */
        BOOLEAN;

        /** Returns its name in a manifest. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Returns what a text must be to be such a value; null if it is one. */
        public @Nullable String objection(String text) {
            return switch (this) {
                case STRING -> null;
                case INTEGER -> WHOLE.matcher(text).matches() ? null : "must be a whole number";
                case NUMBER -> isNumber(text) ? null : "must be a finite number";
                case BOOLEAN ->
                        text.equals("true") || text.equals("false")
                                ? null
                                : "must be true or false";
            };
        }

        private static boolean isNumber(String text) {
            return DECIMAL.matcher(text).matches() && Double.isFinite(Double.parseDouble(text));
        }
    }
}
