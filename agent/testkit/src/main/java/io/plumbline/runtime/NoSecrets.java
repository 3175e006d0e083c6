package io.plumbline.runtime;

import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import java.util.Optional;

/** A store without a secret. */
public final class NoSecrets implements SecretStore {
    @Override
    public Optional<SecretValue> read(String name) {
        return Optional.empty();
    }

    @Override
    public String whereabouts(String name) {
        return "nowhere";
    }
}
