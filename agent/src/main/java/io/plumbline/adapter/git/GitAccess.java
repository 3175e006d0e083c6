package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a remote is reached. What is secret is asked for before each fetch, so that it can change
 * while the agent runs.
 *
 * @param credentials user and password for http; null for none
 * @param bearer token for http's {@code Authorization: Bearer}, instead of credentials; null for
 *     none
 * @param ssh what ssh needs; null where the remote is not reached by ssh
 * @param ca PEM file with the only authorities that may sign the remote's certificate; null for
 *     those of the JVM
 * @param proxy that all connections go through; null for none
 * @param fileRoots folders below which a {@code file://} remote must be with all that it refers to;
 *     empty for the remote's own folder
 * @param mostFetched bytes that one fetch may bring
 */
public record GitAccess(
        @Nullable Supplier<Credentials> credentials,
        @Nullable Supplier<String> bearer,
        @Nullable Ssh ssh,
        @Nullable Path ca,
        @Nullable Proxy proxy,
        List<Path> fileRoots,
        long mostFetched) {

    /** With the usual limit of a fetch. */
    GitAccess(
            @Nullable Supplier<Credentials> credentials,
            @Nullable Supplier<String> bearer,
            @Nullable Ssh ssh,
            @Nullable Path ca,
            @Nullable Proxy proxy,
            List<Path> fileRoots) {
        this(credentials, bearer, ssh, ca, proxy, fileRoots, Received.DEFAULT_PACK);
    }

    /** Nothing is needed. */
    public static final GitAccess PLAIN = new GitAccess(null, null, null, null, null, List.of());

    /** With user and password. */
    static GitAccess with(@Nullable Supplier<Credentials> credentials) {
        return new GitAccess(credentials, null, null, null, null, List.of());
    }

    /**
     * For ssh.
     *
     * @param key text of a private key file
     * @param shown where the key is, for messages
     * @param passphrase of the key; null for none
     * @param knownHosts file with the host keys that are trusted, as OpenSSH's {@code known_hosts}
     */
    public record Ssh(
            Supplier<String> key,
            String shown,
            @Nullable Supplier<String> passphrase,
            Path knownHosts) {}

    /**
     * An HTTP proxy; for https it is asked to CONNECT.
     *
     * @param credentials null for none
     */
    public record Proxy(String host, int port, @Nullable Supplier<Credentials> credentials) {}
}
