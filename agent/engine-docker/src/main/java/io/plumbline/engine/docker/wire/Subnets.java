package io.plumbline.engine.docker.wire;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The choice of IPv4 networks, in rising order from a range. A range of the operator gives networks
 * of 64 addresses, a pool of the engine gives networks of at most 1,024. The engine's own pools end
 * at about 31 networks.
 */
final class Subnets {
    private static final Pattern CIDR =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})/(\\d{1,2})");
    private static final int PREFIX = 26;

    /** A Linux bridge has about 1,000 ports. */
    private static final int POOL_PREFIX = 22;

    private Subnets() {}

    /**
     * Returns the free networks, lowest first.
     *
     * @param range {@code 10.213.0.0/16}
     * @param used existing networks, as CIDR; others than IPv4 are ignored
     * @throws PlumblineException {@code INVALID} if the range is invalid or smaller than /26
     */
    static List<String> free(String range, Collection<String> used) {
        Block whole = block(range);
        if (whole == null || whole.prefix() > PREFIX) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "subnets: " + range + " must be an IPv4 range of /26 or wider");
        }
        return free(whole, PREFIX, used);
    }

    /**
     * Returns the free networks of an engine's pool, lowest first; empty if it is not IPv4.
     *
     * @param used existing networks, as CIDR
     */
    static List<String> ofPool(String pool, Collection<String> used) {
        Block whole = block(pool);
        return whole == null ? List.of() : free(whole, Math.max(whole.prefix(), POOL_PREFIX), used);
    }

    /**
     * Returns a free address of a subnet: after the highest one in use, else the lowest, so that an
     * address that was just released is not reused at once.
     *
     * @return empty if none is free
     */
    static Optional<String> address(String subnet, Set<String> used) {
        Block whole = block(subnet);
        if (whole == null) {
            return Optional.empty();
        }
        long highest = whole.first() + 1;
        for (String address : used) {
            Block block = block(address + "/32");
            if (block != null && whole.overlaps(block)) {
                highest = Math.max(highest, block.first());
            }
        }
        return LongStream.concat(
                        LongStream.range(highest + 1, whole.last()),
                        LongStream.rangeClosed(whole.first() + 2, highest))
                .filter(a -> a < whole.last())
                .mapToObj(Subnets::dotted)
                .filter(a -> !used.contains(a))
                .findFirst();
    }

    private static List<String> free(Block whole, int prefix, Collection<String> used) {
        List<Block> taken = new ArrayList<>();
        for (String cidr : used) {
            Block block = block(cidr);
            if (block != null) {
                taken.add(block);
            }
        }
        List<String> free = new ArrayList<>();
        long size = 1L << (32 - prefix);
        for (long first = whole.first(); first <= whole.last(); first += size) {
            Block candidate = new Block(first, prefix);
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
            return dotted(first) + "/" + prefix;
        }
    }

    private static String dotted(long address) {
        return (address >> 24 & 255)
                + "."
                + (address >> 16 & 255)
                + "."
                + (address >> 8 & 255)
                + "."
                + (address & 255);
    }
}
