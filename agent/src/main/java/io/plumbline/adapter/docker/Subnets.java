package io.plumbline.adapter.docker;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * IPv4 networks of 64 addresses, cut in rising order from a range that the operator gave. The
 * engine's own pools end at about 31 networks.
 */
final class Subnets {
    private static final Pattern CIDR =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");
    private static final int PREFIX = 26;

    private Subnets() {}

    /**
     * The free ones, lowest first.
     *
     * @param range {@code 10.213.0.0/16}
     * @param used networks that are there, as CIDR; what is not IPv4 is left out
     * @throws PlumblineException {@code INVALID} when the range is none or smaller than /26
     */
    static List<String> free(String range, Collection<String> used) {
        Block whole = block(range);
        if (whole == null || whole.prefix() > PREFIX) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "subnets: " + range + " must be an IPv4 range of /26 or wider");
        }
        List<Block> taken = new ArrayList<>();
        for (String cidr : used) {
            Block block = block(cidr);
            if (block != null) {
                taken.add(block);
            }
        }
        List<String> free = new ArrayList<>();
        long size = 1L << (32 - PREFIX);
        for (long first = whole.first(); first <= whole.last(); first += size) {
            Block candidate = new Block(first, PREFIX);
            if (taken.stream().noneMatch(candidate::overlaps)) {
                free.add(candidate.toString());
            }
        }
        return free;
    }

    private static @Nullable Block block(String cidr) {
        Matcher m = CIDR.matcher(cidr);
        if (!m.matches() || Integer.parseInt(m.group(5)) > 32) {
            return null;
        }
        long address = 0;
        for (int i = 1; i <= 4; i++) {
            int octet = Integer.parseInt(m.group(i));
            if (octet > 255) {
                return null;
            }
            address = address << 8 | octet;
        }
        int prefix = Integer.parseInt(m.group(5));
        long size = 1L << (32 - prefix);
        return new Block(address / size * size, prefix);
    }

    private record Block(long first, int prefix) {
        long last() {
            return first + (1L << (32 - prefix)) - 1;
        }

        boolean overlaps(Block other) {
            return first <= other.last() && other.first <= last();
        }

        @Override
        public String toString() {
            return (first >> 24 & 255)
                    + "."
                    + (first >> 16 & 255)
                    + "."
                    + (first >> 8 & 255)
                    + "."
                    + (first & 255)
                    + "/"
                    + prefix;
        }
    }
}
