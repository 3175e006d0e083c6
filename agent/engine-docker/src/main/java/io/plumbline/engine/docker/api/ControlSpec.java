package io.plumbline.engine.docker.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The features of the host that a control experiment uses: those that the doubted release uses,
 * without any value from its manifest.
 *
 * @param network name of the bridge network to attach to; empty for the engine's default one
 * @param port whether a port of the container is published on an ephemeral port of loopback
 * @param limits whether memory and CPUs are limited
 * @param volume whether a new volume is mounted
 * @param files whether a file is copied into the container before it starts
 * @param check time in which a command must run in the container; null for no command
 */
public record ControlSpec(
        String network,
        boolean port,
        boolean limits,
        boolean volume,
        boolean files,
        @Nullable Duration check) {

    /**
     * Whether this experiment uses at least the features of the other one, and at most its time.
     * The network is not compared.
     */
    public boolean covers(ControlSpec other) {
        return (port || !other.port)
                && (limits || !other.limits)
                && (volume || !other.volume)
                && (files || !other.files)
                && (other.check == null || (check != null && check.compareTo(other.check) <= 0));
    }
}
