package io.plumbline.config;

import io.plumbline.config.AgentConfig.SecretSource;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says of an engine beside name, labels and subnets.
 *
 * @param transport how it is reached
 * @param pricePerHour what it costs, in any currency that all engines share; null where not said
 * @param capacity instead of what the engine says it has; null for that
 * @param credentialHelpers programs that give credentials, by registry host
 */
public record EngineOptions(
        Transport transport,
        @Nullable BigDecimal pricePerHour,
        @Nullable Capacity capacity,
        SortedMap<String, Path> credentialHelpers) {

    /** How an engine is reached. */
    public sealed interface Transport {}

    /** {@code unix:///PATH}. */
    public record OverUnix(Path socket) implements Transport {}

    /**
     * {@code tcp://HOST:PORT} with mutual TLS.
     *
     * @param host that the engine's certificate must name
     * @param ca PEM file with the only authorities that may sign the engine's certificate
     * @param cert PEM file with the agent's certificate and what leads to its authority
     * @param key PEM file with its key
     */
    public record OverTls(String host, int port, Path ca, Path cert, Path key)
            implements Transport {}

    /** {@code tcp://HOST:PORT} for all to read; beyond loopback only where that was said. */
    public record OverPlainTcp(String host, int port, boolean onLoopback) implements Transport {}

    /**
     * {@code ssh://USER@HOST[:PORT]}.
     *
     * @param key the private key
     * @param passphrase of the key; null for none
     * @param knownHosts the host keys that are trusted
     * @param socket the engine's socket on that host
     */
    public record OverSsh(
            String user,
            String host,
            int port,
            SecretSource key,
            @Nullable SecretSource passphrase,
            Path knownHosts,
            String socket)
            implements Transport {}

    /**
     * What may be placed on an engine; each null where the engine's own word counts.
     *
     * @param nanoCpus cpus times 10^9
     * @param memory in bytes
     */
    public record Capacity(@Nullable Long nanoCpus, @Nullable Long memory) {}
}
