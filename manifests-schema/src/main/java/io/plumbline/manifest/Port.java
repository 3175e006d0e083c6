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

    /**
     * Whether both may request the same port of one host: same protocol, a common host port, and
     * the same address or all addresses. A port that the engine chooses overlaps none.
     */
    public boolean overlaps(Port other) {
        return host != null
                && other.host != null
                && protocol == other.protocol
                && host.first() <= other.host.last()
                && other.host.first() <= host.last()
                && (hostIp.equals(other.hostIp) || onAll() || other.onAll());
    }

    private boolean onAll() {
        return hostIp.isEmpty() || hostIp.equals("0.0.0.0") || hostIp.equals("::");
    }

    /** The transport protocol of a port. */
    public enum Protocol {
        /** Transmission control protocol. */
        TCP,
        /** User datagram protocol. */
        UDP
    }

    /**
     * A range of host ports, both ends included; one port has {@code first == last}.
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
