package io.plumbline.runtime.secrets;

import io.plumbline.core.redact.Redactor;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The redactor of all secret values that this process has read (invariant 12). It stands in front
 * of the secret store. It remembers the newest values of each name, because a container may still
 * print an earlier one. Safe for several threads.
 */
public final class Redaction implements SecretStore {
    private static final int REMEMBERED = 8;

    private final SecretStore store;
    private final Map<String, List<byte[]>> values = new LinkedHashMap<>();
    private volatile Redactor redactor = Redactor.NONE;

    /** Creates a redactor in front of a store. */
    public Redaction(SecretStore store) {
        this.store = store;
    }

    /** Returns a redactor that knows no secret. */
    public static Redaction withoutSecrets() {
        return new Redaction(
                new SecretStore() {
                    @Override
                    public Optional<SecretValue> read(String name) {
                        return Optional.empty();
                    }

                    @Override
                    public String whereabouts(String name) {
                        return "nowhere";
                    }
                });
    }

    /** Remembers a value that is not in the store: a token, or a password of the configuration. */
    public void remember(String name, SecretValue value) {
        remember(name, value.bytes());
    }

    @Override
    public Optional<SecretValue> read(String name) {
        var value = store.read(name);
        value.ifPresent(v -> remember("secret " + name, v.bytes()));
        return value;
    }

    @Override
    public String whereabouts(String name) {
        return store.whereabouts(name);
    }

    /** Returns the text with the secret values replaced. */
    public String redact(String text) {
        return redactor.redact(text);
    }

    /** Returns a redactor for text that comes in pieces. */
    public Redactor.Stream stream() {
        return redactor.stream();
    }

    private synchronized void remember(String name, byte[] value) {
        var known = values.getOrDefault(name, List.of());
        if (known.stream().anyMatch(v -> Arrays.equals(v, value))) {
            return;
        }
        var more = new java.util.ArrayList<>(known);
        more.add(value);
        values.put(
                name,
                more.size() > REMEMBERED
                        ? List.copyOf(more.subList(more.size() - REMEMBERED, more.size()))
                        : List.copyOf(more));
        redactor = Redactor.of(values.values().stream().flatMap(List::stream).toList());
    }
}
