package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a remote is reached. Secrets are read before each fetch, so that they can change while the
 * agent runs.
 *
 * @param credentials user and password for http; null for none
 * @param bearer token for http's {@code Authorization: Bearer}, instead of credentials; null for
 *     none
 * @param ssh settings for ssh; null if the remote is not reached by ssh
 * @param ca PEM file with the only authorities that may sign the remote's certificate; null for
 *     those of the JVM
 * @param proxy proxy of all connections; null for none
 * @param fileRoots folders that must contain a {@code file://} remote with all that it refers to;
 *     empty for the remote's own folder
 * @param mostFetched limit of one fetch, in bytes
 */
public record GitAccess(
        @Nullable Supplier<Credentials> credentials,
        @Nullable Supplier<String> bearer,
        @Nullable Ssh ssh,
        @Nullable Path ca,
        @Nullable Proxy proxy,
        List<Path> fileRoots,
        long mostFetched) {

    /** Creates access with the default limit of a fetch. */
    GitAccess(
            @Nullable Supplier<Credentials> credentials,
            @Nullable Supplier<String> bearer,
            @Nullable Ssh ssh,
            @Nullable Path ca,
            @Nullable Proxy proxy,
            List<Path> fileRoots) {
        this(credentials, bearer, ssh, ca, proxy, fileRoots, Received.DEFAULT_PACK);
    }

    /** Access without credentials and settings. */
    public static final GitAccess PLAIN = new GitAccess(null, null, null, null, null, List.of());

    /** Creates access with user and password. */
    static GitAccess with(@Nullable Supplier<Credentials> credentials) {
        return new GitAccess(credentials, null, null, null, null, List.of());
    }

    /**
     * The settings for ssh.
     *
     * @param key text of a private key file
     * @param shown location of the key, for messages
     * @param passphrase of the key; null for none
     * @param knownHosts file with the trusted host keys, as OpenSSH's {@code known_hosts}
     */
    public record Ssh(
            Supplier<String> key,
            String shown,
            @Nullable Supplier<String> passphrase,
            Path knownHosts) {}

    /**
     * An HTTP proxy; for https the agent sends it CONNECT.
     *
     * @param credentials null for none
     */
    public record Proxy(String host, int port, @Nullable Supplier<Credentials> credentials) {}
}
