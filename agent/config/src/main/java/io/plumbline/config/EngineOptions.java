package io.plumbline.config;

import io.plumbline.config.AgentConfig.SecretSource;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The options of an engine besides name, labels and subnets.
 *
 * @param transport its connection
 * @param pricePerHour its price, in any currency that all engines share; null if not given
 * @param capacity its capacity, which replaces what the engine reports; null to use the engine's
 * @param credentialHelpers programs for credentials, by registry host
 * @param parallelism how many independent actions of a pipeline run there at the same time at most
 */
public record EngineOptions(
        Transport transport,
        @Nullable BigDecimal pricePerHour,
        @Nullable Capacity capacity,
        SortedMap<String, Path> credentialHelpers,
        int parallelism) {

    /** The parallelism if the configuration does not set it. */
    public static final int PARALLELISM = 8;

    /** The connection to an engine. */
    public sealed interface Transport {}

    /** {@code unix:///PATH}. */
    public record OverUnix(Path socket) implements Transport {}

    /**
     * {@code tcp://HOST:PORT} with mutual TLS.
     *
     * @param host name that the engine's certificate must have
     * @param ca PEM file with the only authorities that may sign the engine's certificate
     * @param cert PEM file with the agent's certificate and its intermediate certificates
     * @param key PEM file with its key
     */
    public record OverTls(String host, int port, Path ca, Path cert, Path key)
            implements Transport {}

    /**
     * {@code tcp://HOST:PORT} without encryption; beyond loopback only if the configuration permits
     * it explicitly.
     */
    public record OverPlainTcp(String host, int port, boolean onLoopback) implements Transport {}

    /**
     * {@code ssh://USER@HOST[:PORT]}.
     *
     * @param key the private key
     * @param passphrase of the key; null for none
     * @param knownHosts file with the trusted host keys
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
     * The capacity of an engine; each part is null if the engine's own value is used.
     *
     * @param nanoCpus cpus times 10^9
     * @param memory in bytes
     */
    public record Capacity(@Nullable Long nanoCpus, @Nullable Long memory) {}
}
