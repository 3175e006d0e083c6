package io.plumbline.engine.docker.wire;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the adapter for one engine.
 *
 * @param name in the configuration
 * @param endpoint {@code unix:///var/run/docker.sock}, {@code tcp://host:port} or {@code
 *     ssh://user@host}
 * @param subnets {@code 10.213.0.0/16}, from which networks are cut as /26; null leaves the choice
 *     to the engine
 * @param agent value of the label {@code plumbline.agent}, for helper containers
 * @param probeImage image with a static busybox at {@code /bin/busybox}
 * @param credentials by registry host ({@code docker.io} for Docker Hub); called at each use
 * @param reach how to reach the engine
 */
public record DockerEngineSettings(
        String name,
        String endpoint,
        @Nullable String subnets,
        String agent,
        String probeImage,
        Function<String, Optional<Credentials>> credentials,
        EngineReach reach) {

    /** Creates settings for an engine at a local socket. */
    public DockerEngineSettings(
            String name,
            String endpoint,
            @Nullable String subnets,
            String agent,
            String probeImage,
            Function<String, Optional<Credentials>> credentials) {
        this(name, endpoint, subnets, agent, probeImage, credentials, new EngineReach.Plain());
    }

    /**
     * Credentials for a registry. Its {@code toString} hides the password.
     *
     * @param username the user
     * @param password password or token
     */
    public record Credentials(String username, String password) {
        @Override
        public String toString() {
            return "Credentials[" + username + ", hidden]";
        }
    }
}
