package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Position;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of a value: its node, its path, and the list of errors. A method that decodes returns
 * null after it reported an error.
 */
public final class Decoder {

    private static final Pattern DECIMAL = Pattern.compile("[-+]?[0-9]+");
    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_-]{1,60}");

    private final YamlNode node;
    private final String path;
    private final Problems problems;

    private Decoder(YamlNode node, String path, Problems problems) {
        this.node = node;
        this.path = path;
        this.problems = problems;
    }

    /** Creates the decoder of a document's root; its path is empty. */
    public static Decoder root(YamlNode node, Problems problems) {
        return new Decoder(node, "", problems);
    }

    /** Returns the undecoded value. */
    public YamlNode node() {
        return node;
    }

    /** Returns the path, for example {@code spec.services[0].replicas}. */
    public String path() {
        return path;
    }

    /** Returns the beginning of the value. */
    public Position position() {
        return node.position();
    }

    /** Reports an error at the value. */
    public void error(String message) {
        errorAt(node.position(), message);
    }

    void errorAt(Position position, String message) {
        problems.add(position, path, message);
    }

    /** Reports a permitted but probably unintended value. */
    public void warning(String message) {
        warningAt(node.position(), message);
    }

    void warningAt(Position position, String message) {
        problems.warn(position, path, message);
    }

    /** Returns the decoder of an entry of this mapping, with any key. */
    public Decoder child(YamlNode.Entry entry) {
        String key = entry.key();
        String step;
        if (!PLAIN_KEY.matcher(key).matches()) {
            step = "[" + Words.quoted(key) + "]";
        } else {
            step = path.isEmpty() ? key : "." + key;
        }
        return new Decoder(entry.value(), path + step, problems);
    }

    /** Whether the value is a mapping. */
    public boolean isMapping() {
        return node instanceof YamlNode.Mapping;
    }

    /** Whether the value is a list. */
    public boolean isList() {
        return node instanceof YamlNode.Sequence;
    }

    /** Whether the value is a list without items. */
    public boolean isEmptyList() {
        return node instanceof YamlNode.Sequence list && list.items().isEmpty();
    }

    /** Whether the value is a scalar, including {@code null}. */
    public boolean isScalar() {
        return node instanceof YamlNode.Scalar;
    }

    /** Whether the value is empty, {@code ~} or {@code null}. */
    public boolean isNull() {
        return node instanceof YamlNode.Scalar scalar && scalar.type() == YamlNode.Type.NULL;
    }

    /** Decodes a mapping with these keys; unknown ones are reported with the nearest known one. */
    public @Nullable Fields fields(Keys keys) {
        if (!(node instanceof YamlNode.Mapping mapping)) {
            mismatch("a mapping");
            return null;
        }
        for (YamlNode.Entry entry : mapping.entries().values()) {
            String objection = keys.objection(entry.key(), !problems.isFull());
            if (objection != null) {
                child(entry).errorAt(entry.position(), objection);
            }
        }
        return new Fields(this, mapping, keys);
    }

    /** Decodes a mapping with any keys, in the order of the file; null if it is not a mapping. */
    public @Nullable Map<String, Decoder> entries() {
        if (!(node instanceof YamlNode.Mapping mapping)) {
            mismatch("a mapping");
            return null;
        }
        Map<String, Decoder> entries = new LinkedHashMap<>();
        mapping.entries().values().forEach(e -> entries.put(e.key(), child(e)));
        return entries;
    }

    /** Reports an error at a key of this mapping, or at the value if the key is missing. */
    public void errorAtKey(String key, String message) {
        YamlNode.Entry entry =
                node instanceof YamlNode.Mapping mapping ? mapping.entries().get(key) : null;
        if (entry == null) {
            error(message);
        } else {
            child(entry).errorAt(entry.position(), message);
        }
    }

    /** Whether the value is a mapping with this key. */
    public boolean has(String key) {
        return node instanceof YamlNode.Mapping mapping && mapping.entries().containsKey(key);
    }

    /** Reports a warning at a key of this mapping, or at the value if the key is missing. */
    public void warningAtKey(String key, String message) {
        YamlNode.Entry entry =
                node instanceof YamlNode.Mapping mapping ? mapping.entries().get(key) : null;
        if (entry == null) {
            warning(message);
        } else {
            child(entry).warningAt(entry.position(), message);
        }
    }

    /** Returns the decoders of a list's items; null if it is not a list. */
    public @Nullable List<Decoder> items() {
        if (!(node instanceof YamlNode.Sequence sequence)) {
            mismatch("a list");
            return null;
        }
        List<Decoder> items = new ArrayList<>();
        for (YamlNode item : sequence.items()) {
            items.add(new Decoder(item, path + "[" + items.size() + "]", problems));
        }
        return items;
    }

    /** Decodes a list of values of one type; items with errors are reported and omitted. */
    public <T> @Nullable List<T> list(Fields.Reading<T> reading) {
        List<Decoder> items = items();
        if (items == null) {
            return null;
        }
        List<T> values = new ArrayList<>();
        for (Decoder item : items) {
            T value = reading.of(item);
            if (value != null) {
                values.add(value);
            }
        }
        return List.copyOf(values);
    }

    /** Decodes a text. A text that is a number, true, false or null in YAML must be quoted. */
    public @Nullable String string() {
        if (!(node instanceof YamlNode.Scalar scalar)) {
            mismatch("a text");
            return null;
        }
        return switch (scalar.type()) {
            case TEXT -> scalar.text();
            case NULL -> {
                mismatch("a text");
                yield null;
            }
            case INTEGER, FLOAT, BOOLEAN -> {
                error("must be a text: write it in quotes");
                yield null;
            }
        };
    }

    /** Decodes any scalar but null, exactly as written: {@code 0440} stays {@code 0440}. */
    public @Nullable String text() {
        return text("a text, number, true or false");
    }

    /**
     * Decodes any scalar but null, exactly as written.
     *
     * @param expected the expected value, for messages
     */
    public @Nullable String text(String expected) {
        if (!(node instanceof YamlNode.Scalar scalar) || isNull()) {
            mismatch(expected);
            return null;
        }
        return scalar.text();
    }

    /**
     * Decodes a text of a given form.
     *
     * @param pattern must match the whole text
     * @param longest greatest number of characters, checked first
     * @param rule message if it does not match: {@code must be ...}
     */
    public @Nullable String matching(Pattern pattern, int longest, String rule) {
        String text = string();
        if (text == null) {
            return null;
        }
        if (text.length() > longest) {
            error("must be at most " + longest + " characters long");
            return null;
        }
        if (!pattern.matcher(text).matches()) {
            error(rule + ", not " + Words.quoted(text));
            return null;
        }
        return text;
    }

    /**
     * Decodes a whole number, both bounds included. A quoted number is refused, as in JSON Schema.
     */
    public @Nullable Integer integer(int least, int most) {
        Long value = whole(least, most);
        return value == null ? null : Math.toIntExact(value);
    }

    /** Decodes a whole number, both bounds included. A quoted number is refused. */
    public @Nullable Long whole(long least, long most) {
        if (!(node instanceof YamlNode.Scalar scalar) || isNull()) {
            mismatch("a whole number");
            return null;
        }
        String text = scalar.text();
        if (!scalar.plain() && DECIMAL.matcher(text).matches()) {
            error("must be a whole number: leave out the quotes");
            return null;
        }
        if (scalar.type() != YamlNode.Type.INTEGER) {
            error("must be a whole number, not " + Words.quoted(text));
            return null;
        }
        BigInteger value = value(text);
        if (value == null) {
            error("must be a whole number without leading zeros, not " + Words.quoted(text));
            return null;
        }
        if (value.compareTo(BigInteger.valueOf(least)) < 0) {
            error("must be at least " + least);
            return null;
        }
        if (value.compareTo(BigInteger.valueOf(most)) > 0) {
            error("must be at most " + most);
            return null;
        }
        return value.longValueExact();
    }

    /** Returns null for {@code 010}, which is 8 to some YAML parsers and 10 to others. */
    private static @Nullable BigInteger value(String text) {
        if (text.startsWith("0o")) {
            return new BigInteger(text.substring(2), 8);
        }
        if (text.startsWith("0x")) {
            return new BigInteger(text.substring(2), 16);
        }
        String digits = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
        return digits.length() > 1 && digits.startsWith("0") ? null : new BigInteger(text);
    }

    /** Decodes {@code true} or {@code false}; {@code yes} and {@code on} are refused. */
    public @Nullable Boolean bool() {
        if (!(node instanceof YamlNode.Scalar scalar)) {
            mismatch("true or false");
            return null;
        }
        if (scalar.type() != YamlNode.Type.BOOLEAN) {
            mismatch("true or false");
            return null;
        }
        return scalar.text().equalsIgnoreCase("true");
    }

    /** Decodes one of these words. */
    public <T> @Nullable T choice(Map<String, T> words) {
        String text = text(String.join(" or ", words.keySet()));
        if (text == null) {
            return null;
        }
        T value =
                node instanceof YamlNode.Scalar s && s.type() == YamlNode.Type.TEXT
                        ? words.get(text)
                        : null;
        if (value == null) {
            String nearest = Words.nearest(text, words.keySet());
            error(
                    "must be "
                            + String.join(" or ", words.keySet())
                            + ", not "
                            + Words.quoted(text)
                            + (nearest == null || nearest.equals(text)
                                    ? ""
                                    : ", did you mean '" + nearest + "'?"));
        }
        return value;
    }

    /**
     * Decodes a time such as {@code 1m30s}, see {@link Quantities#duration}; both bounds included.
     */
    public @Nullable Duration duration(Duration least, Duration most) {
        String text = text("a time such as 10s");
        if (text == null) {
            return null;
        }
        Duration value = isNumber() ? null : Quantities.duration(text);
        if (value == null) {
            error(
                    "must be a time with a unit such as 500ms, 10s, 1m30s or 1h, not "
                            + Words.quoted(text));
            return null;
        }
        if (value.compareTo(least) < 0) {
            error("must be at least " + Quantities.shown(least));
            return null;
        }
        if (value.compareTo(most) > 0) {
            error("must be at most " + Quantities.shown(most));
            return null;
        }
        return value;
    }

    /** Decodes bytes such as {@code 512Mi} or {@code 512m}, see {@link Quantities#bytes}. */
    public @Nullable Long bytes(long least) {
        String text = text("bytes such as 512Mi");
        if (text == null) {
            return null;
        }
        Long value = Quantities.bytes(text);
        if (value == null) {
            error(
                    "must be bytes such as 512Mi, 1Gi, 512m, 1g or 536870912, not "
                            + Words.quoted(text));
            return null;
        }
        if (value < least) {
            error("must be at least " + Quantities.shown(least));
            return null;
        }
        return value;
    }

    /**
     * Decodes cpus such as {@code 1.5} or {@code 500m}, times 10^9; see {@link
     * Quantities#nanoCpus}.
     */
    public @Nullable Long nanoCpus() {
        String text = text("cpus such as 1.5");
        if (text == null) {
            return null;
        }
        BigDecimal value = Quantities.nanoCpus(text);
        if (value == null) {
            error("must be cpus such as 2, 1.5 or 500m, not " + Words.quoted(text));
            return null;
        }
        if (value.compareTo(Quantities.LEAST_NANO_CPUS) < 0) {
            error("must be at least 0.01");
            return null;
        }
        return value.longValue();
    }

    private boolean isNumber() {
        return node instanceof YamlNode.Scalar scalar
                && (scalar.type() == YamlNode.Type.INTEGER || scalar.type() == YamlNode.Type.FLOAT);
    }

    /**
     * Reports that another kind of value was expected. Does not show the value, because it may be a
     * secret.
     */
    public void mismatch(String expected) {
        error(
                isNull()
                        ? "must be " + expected + ", but has no value"
                        : "must be " + expected + ", not " + node.described());
    }
}
