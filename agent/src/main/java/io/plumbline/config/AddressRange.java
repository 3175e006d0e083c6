package io.plumbline.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * Addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3); one address is a range of itself.
 *
 * @param first its address, bits behind the prefix zero
 * @param prefix how many bits are compared
 */
public record AddressRange(InetAddress first, int prefix) {

    /** Reads {@code 10.0.0.0/8}, {@code fd00::/8} or an address; empty where it is none. */
    public static Optional<AddressRange> parse(String text) {
        int slash = text.indexOf('/');
        var address = slash < 0 ? text : text.substring(0, slash);
        // ofLiteral takes short forms such as 10.1, which are no notation of ranges.
        if (!address.contains(":") && !address.matches("([0-9]{1,3}\\.){3}[0-9]{1,3}")) {
            return Optional.empty();
        }
        try {
            var first = InetAddress.ofLiteral(address);
            int most = first.getAddress().length * 8;
            var bits = slash < 0 ? Integer.toString(most) : text.substring(slash + 1);
            if (!bits.matches("[0-9]{1,3}") || Integer.parseInt(bits) > most) {
                return Optional.empty();
            }
            var range = new AddressRange(first, Integer.parseInt(bits));
            return range.endsInZeros() ? Optional.of(range) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether the address is one of these. */
    public boolean contains(InetAddress address) {
        var mine = first.getAddress();
        var other = address.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            if (bit(mine, bit) != bit(other, bit)) {
                return false;
            }
        }
        return true;
    }

    private boolean endsInZeros() {
        var bytes = first.getAddress();
        for (int bit = prefix; bit < bytes.length * 8; bit++) {
            if (bit(bytes, bit) != 0) {
                return false;
            }
        }
        return true;
    }

    private static int bit(byte[] bytes, int index) {
        return bytes[index / 8] >> (7 - index % 8) & 1;
    }

    @Override
    public String toString() {
        return first.getHostAddress() + "/" + prefix;
    }
}
