package io.plumbline.port;

import java.util.Optional;

/** The source of secret values. It reads them at each call; nothing is cached or stored. */
public interface SecretStore {

    /**
     * Returns the current value.
     *
     * @return empty if there is none of this name
     * @throws PlumblineException {@code DENIED} if other users may read or write its file
     */
    Optional<SecretValue> read(String name);

    /** Returns the sources of the value, for messages: a path and a variable's name. */
    String whereabouts(String name);
}
