package io.plumbline.manifest;

import org.jspecify.annotations.Nullable;

/**
 * A published port.
 *
 * @param container 1 to 65535
 * @param host null lets the engine choose
 * @param protocol default tcp
 * @param hostIp default {@code 0.0.0.0}
 */
public record Port(int container, @Nullable Range host, Protocol protocol, String hostIp) {

    /** Transport protocol of a port. */
    public enum Protocol {
        /** Transmission control protocol. */
        TCP,
        /** User datagram protocol. */
        UDP
    }

    /**
     * Host ports, both ends included; one port has {@code first == last}.
     *
     * @param first 1 to 65535
     * @param last at least {@code first}, at most 65535
     */
    public record Range(int first, int last) {

        @Override
        public String toString() {
            return first == last ? Integer.toString(first) : first + "-" + last;
        }
    }
}
