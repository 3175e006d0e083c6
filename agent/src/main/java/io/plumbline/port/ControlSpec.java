package io.plumbline.port;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of host parts that a control experiment uses: the same as the release in doubt, and
 * nothing that its manifest chose.
 *
 * @param network name of the bridge network to attach to; empty for the engine's default one
 * @param port whether a port of the container is published on an ephemeral port of loopback
 * @param limits whether memory and CPUs are limited
 * @param volume whether a fresh volume is mounted
 * @param files whether a file is copied into the container before it starts
 * @param check within what time a command has to run in the container; null for no command
 */
public record ControlSpec(
        String network,
        boolean port,
        boolean limits,
        boolean volume,
        boolean files,
        @Nullable Duration check) {

    /** Whether a result of this experiment says the same of {@code other}: it used no less. */
    public boolean covers(ControlSpec other) {
        return (port || !other.port)
                && (limits || !other.limits)
                && (volume || !other.volume)
                && (files || !other.files)
                && (other.check == null || (check != null && check.compareTo(other.check) <= 0));
    }
}
