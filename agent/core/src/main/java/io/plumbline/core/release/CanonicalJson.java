package io.plumbline.core.release;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A writer of canonical JSON: members sorted by name, no white space, the fewest escapes, as in RFC
 * 8785. Numbers are whole ({@link Long}, {@link Integer}); there are no fractions and no nulls. A
 * lone surrogate, which RFC 8785 forbids, is escaped, so that two texts never have the same form.
 */
public final class CanonicalJson {

    private final StringBuilder out = new StringBuilder();

    private CanonicalJson() {}

    /**
     * Returns the canonical text of a value.
     *
     * @param value maps with String keys, lists, String, Long, Integer, Boolean
     * @throws IllegalArgumentException for any other type
     */
    public static String write(Object value) {
        var writer = new CanonicalJson();
        writer.value(value);
        return writer.out.toString();
    }

    /** A JSON object in construction; members that are null, empty or a default are omitted. */
    static final class Members {
        private final Map<String, Object> members = new TreeMap<>();

        /** Adds a member in any case. */
        Members put(String name, Object value) {
            members.put(name, value);
            return this;
        }

        /** Adds a member unless it is null or the default. */
        Members unless(@Nullable Object normal, String name, @Nullable Object value) {
            if (value != null && !value.equals(normal)) {
                members.put(name, value);
            }
            return this;
        }

        /** Adds a member unless it is null; an empty one is added. */
        Members nullable(String name, @Nullable Object value) {
            return unless(null, name, value);
        }

        /** Adds a list unless it is empty. */
        Members list(String name, List<?> value) {
            return unless(List.of(), name, value);
        }

        /** Adds an object unless it is empty. */
        Members object(String name, Map<String, ?> value) {
            return unless(Map.of(), name, value);
        }

        /** Adds members that are known to differ from their defaults. */
        Members all(Map<String, Object> values) {
            members.putAll(values);
            return this;
        }

        /** Returns the members. */
        Map<String, Object> done() {
            return members;
        }
    }

    private void value(Object value) {
        switch (value) {
            case String s -> string(s);
            case Boolean b -> out.append(b.booleanValue());
            case Long l -> out.append(l.longValue());
            case Integer i -> out.append(i.intValue());
            case List<?> l -> list(l);
            case Map<?, ?> m -> object(m);
            default ->
                    throw new IllegalArgumentException(
                            "canonical JSON has no " + value.getClass().getName());
        }
    }

    private void list(List<?> values) {
        out.append('[');
        String between = "";
        for (Object v : values) {
            out.append(between);
            value(v);
            between = ",";
        }
        out.append(']');
    }

    private void object(Map<?, ?> members) {
        var sorted = new TreeMap<String, Object>();
        members.forEach((k, v) -> sorted.put((String) k, v));
        out.append('{');
        String between = "";
        for (var e : sorted.entrySet()) {
            out.append(between);
            string(e.getKey());
            out.append(':');
            value(e.getValue());
            between = ",";
        }
        out.append('}');
    }

    private void string(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20 || lone(s, i)) {
                        out.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static boolean lone(String s, int i) {
        char c = s.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == s.length() || !Character.isLowSurrogate(s.charAt(i + 1));
        }
        return Character.isLowSurrogate(c)
                && (i == 0 || !Character.isHighSurrogate(s.charAt(i - 1)));
    }
}
