package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Position;
import org.jspecify.annotations.Nullable;

/** A mapping whose keys were checked, see {@link Decoder#fields}. */
public final class Fields {

    private final Decoder decoder;
    private final YamlNode.Mapping mapping;
    private final Keys keys;

    Fields(Decoder decoder, YamlNode.Mapping mapping, Keys keys) {
        this.decoder = decoder;
        this.mapping = mapping;
        this.keys = keys;
    }

    /**
     * The decoder function of one value.
     *
     * @param <T> type of the result
     */
    @FunctionalInterface
    public interface Reading<T> {
        /** Returns the decoded value; null if it is wrong, which was then reported. */
        @Nullable T of(Decoder decoder);
    }

    /** Returns the beginning of the mapping. */
    public Position position() {
        return mapping.position();
    }

    /** Returns the mapping's path. */
    public String path() {
        return decoder.path();
    }

    /** Whether the mapping has the key, with any value. */
    public boolean has(String key) {
        return get(key) != null;
    }

    /** Returns the decoder of a key's value; null if the key is missing. */
    public @Nullable Decoder get(String key) {
        if (!keys.known().contains(key)) {
            throw new IllegalArgumentException("key " + key + " is read but not declared");
        }
        YamlNode.Entry entry = mapping.entries().get(key);
        return entry == null ? null : decoder.child(entry);
    }

    /**
     * Decodes an optional value; returns the fallback if the key is missing or its value is wrong.
     */
    public <T> T read(String key, Reading<T> reading, T fallback) {
        T value = read(key, reading);
        return value == null ? fallback : value;
    }

    /** Decodes an optional value; returns null if the key is missing or its value is wrong. */
    public <T> @Nullable T read(String key, Reading<T> reading) {
        Decoder value = get(key);
        return value == null ? null : reading.of(value);
    }

    /**
     * Decodes a required value; returns null if it is missing or wrong, which is reported in both
     * cases.
     */
    public <T> @Nullable T require(String key, Reading<T> reading) {
        Decoder value = get(key);
        if (value == null) {
            error("'" + key + "' is missing");
            return null;
        }
        return reading.of(value);
    }

    /** Reports an error at the mapping's beginning. */
    public void error(String message) {
        decoder.error(message);
    }

    /** Reports a permitted but probably unintended value at a key. */
    public void warning(String key, String message) {
        YamlNode.Entry entry = mapping.entries().get(key);
        if (entry != null) {
            decoder.child(entry).warningAt(entry.position(), message);
        }
    }

    /** Reports an error at a key, or at the mapping's beginning if the key is missing. */
    public void error(String key, String message) {
        YamlNode.Entry entry = mapping.entries().get(key);
        if (entry == null) {
            error(message);
        } else {
            decoder.child(entry).errorAt(entry.position(), message);
        }
    }
}
