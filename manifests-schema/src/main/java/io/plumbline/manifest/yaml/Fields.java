package io.plumbline.manifest.yaml;

import io.plumbline.manifest.Position;
import org.jspecify.annotations.Nullable;

/** A mapping whose keys were checked. Made by {@link Decoder#fields}. */
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
     * Reads one value.
     *
     * @param <T> what comes out
     */
    @FunctionalInterface
    public interface Reading<T> {
        /** The value; null where it is wrong, which was then reported. */
        @Nullable T of(Decoder decoder);
    }

    /** Where the mapping begins. */
    public Position position() {
        return mapping.position();
    }

    /** The mapping's path. */
    public String path() {
        return decoder.path();
    }

    /** Whether the key is there, with whatever value. */
    public boolean has(String key) {
        return get(key) != null;
    }

    /** The value of a key; null where it is not there. */
    public @Nullable Decoder get(String key) {
        if (!keys.known().contains(key)) {
            throw new IllegalArgumentException("key " + key + " is read but not declared");
        }
        YamlNode.Entry entry = mapping.entries().get(key);
        return entry == null ? null : decoder.child(entry);
    }

    /** Reads an optional value: the fallback where the key is not there or its value is wrong. */
    public <T> T read(String key, Reading<T> reading, T fallback) {
        T value = read(key, reading);
        return value == null ? fallback : value;
    }

    /** Reads an optional value: null where the key is not there or its value is wrong. */
    public <T> @Nullable T read(String key, Reading<T> reading) {
        Decoder value = get(key);
        return value == null ? null : reading.of(value);
    }

    /** Reads a value that must be there: null where it is not or is wrong, reported in any case. */
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

    /** Reports at a key what is allowed and probably not meant. */
    public void warning(String key, String message) {
        YamlNode.Entry entry = mapping.entries().get(key);
        if (entry != null) {
            decoder.child(entry).warningAt(entry.position(), message);
        }
    }

    /** Reports an error at a key, or at the mapping's beginning where the key is not there. */
    public void error(String key, String message) {
        YamlNode.Entry entry = mapping.entries().get(key);
        if (entry == null) {
            error(message);
        } else {
            decoder.child(entry).errorAt(entry.position(), message);
        }
    }
}
