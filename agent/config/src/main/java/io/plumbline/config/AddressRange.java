package io.plumbline.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * A range of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3). A single address is a
 * range of one.
 *
 * @param first its first address; the bits after the prefix are zero
 * @param prefix number of compared bits
 */
public record AddressRange(InetAddress first, int prefix) {

    /**
     * Parses {@code 10.0.0.0/8}, {@code fd00::/8} or an address; empty if the text is none of
     * these.
     */
    public static Optional<AddressRange> parse(String text) {
        int slash = text.indexOf('/');
        var address = slash < 0 ? text : text.substring(0, slash);
        // ofLiteral accepts short forms such as 10.1, which CIDR notation does not have.
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

    /** Whether the range contains the address. */
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
