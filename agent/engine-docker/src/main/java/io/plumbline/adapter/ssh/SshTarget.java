package io.plumbline.adapter.ssh;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An engine behind an ssh server. Secrets are read at each connection, so that they can change
 * while the agent runs.
 *
 * @param engine its name in the configuration
 * @param user on the host
 * @param host name or address
 * @param port of its ssh server
 * @param key text of a private key file
 * @param shownKey location of the key, for messages
 * @param passphrase of the key; null for none
 * @param knownHosts file with the trusted host keys, as OpenSSH's {@code known_hosts}
 * @param socket the engine's socket on the host
 */
public record SshTarget(
        String engine,
        String user,
        String host,
        int port,
        Supplier<String> key,
        String shownKey,
        @Nullable Supplier<String> passphrase,
        Path knownHosts,
        String socket) {
    private static final int USUAL_PORT = 22;

    /** Returns the host as {@code plumb hosts scan} takes it: {@code HOST} or {@code HOST:PORT}. */
    String place() {
        return port == USUAL_PORT ? host : host + ":" + port;
    }

    @Override
    public String toString() {
        return "ssh://" + user + "@" + place();
    }
}
