package io.plumbline.config;

import io.plumbline.config.AgentConfig.Auth;
import io.plumbline.config.AgentConfig.SecretSource;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The options of a repository for Git besides URL, branch, and user with token.
 *
 * @param tag the tag to follow instead of the branch; null for the branch
 * @param commit full id of the only commit to use, instead of following anything; null for none
 * @param bearer token for {@code Authorization: Bearer}; null for none
 * @param ssh for a repository over ssh; null for another
 * @param ca PEM file with the only authorities that may sign the remote's certificate; null for the
 *     JVM's
 * @param proxy for https and http; null for none
 */
public record GitOptions(
        @Nullable Tag tag,
        @Nullable String commit,
        @Nullable SecretSource bearer,
        @Nullable Ssh ssh,
        @Nullable Path ca,
        @Nullable Proxy proxy) {

    /** No options. */
    public static final GitOptions NONE = new GitOptions(null, null, null, null, null, null);

    /**
     * The rule to follow the highest tag of a range.
     *
     * @param pattern form of tags' names, with one {@code *} for the version; default {@code v*}
     * @param range in npm's notation; default {@code *}, every release
     */
    public record Tag(String pattern, String range) {}

    /**
     * The options for ssh.
     *
     * @param key the private key
     * @param passphrase of the key; null for none
     * @param knownHosts file with the trusted host keys
     */
    public record Ssh(SecretSource key, @Nullable SecretSource passphrase, Path knownHosts) {}

    /**
     * An HTTP proxy.
     *
     * @param auth user and password for it; null for none
     */
    public record Proxy(String host, int port, @Nullable Auth auth) {}
}
