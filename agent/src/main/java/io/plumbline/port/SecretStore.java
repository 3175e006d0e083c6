package io.plumbline.port;

import java.util.Optional;

/** Where secret values come from. Read anew each time; nothing is cached or stored. */
public interface SecretStore {

    /**
     * Today's value.
     *
     * @return empty when there is none of that name
     * @throws PlumblineException {@code DENIED} when its file may be read or written by others
     */
    Optional<SecretValue> read(String name);

    /** Where the value would be looked for, for messages: a path and a variable's name. */
    String whereabouts(String name);
}
