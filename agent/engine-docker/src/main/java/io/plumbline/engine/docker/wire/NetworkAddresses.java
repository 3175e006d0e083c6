package io.plumbline.engine.docker.wire;

import io.plumbline.port.Ticker;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that the agent chooses for containers on the networks of one engine. It asks the
 * engine for the used addresses at most once a second for each network, so that a batch of new
 * containers costs one question. An address that another client takes meanwhile is refused by the
 * engine; then the agent asks again. Safe for several threads.
 */
final class NetworkAddresses {
    private static final Duration KNOWN_FOR = Duration.ofSeconds(1);

    private final Ticker clock;
    private final Map<String, OfNetwork> networks = new ConcurrentHashMap<>();

    NetworkAddresses(Ticker clock) {
        this.clock = clock;
    }

    /**
     * The used addresses of a network.
     *
     * @param members of running containers, and of the gateway
     * @param reserved the members, and the addresses of stopped containers
     */
    record Used(Set<String> members, Set<String> reserved) {}

    private static final class OfNetwork {
        private final ReentrantLock lock = new ReentrantLock();

        /** Addresses of connects in progress. */
        private final Set<String> taken = new HashSet<>();

        private @Nullable Used used;
        private long since;
    }

    /**
     * Takes a free address. Stopped containers keep theirs; if no other is free, one of those is
     * taken.
     *
     * @param ask asks the engine for the used addresses
     * @return empty if none is free; else it is taken until {@link #given}
     */
    Optional<String> take(String networkId, String subnet, Supplier<Used> ask) {
        var of = of(networkId);
        of.lock.lock();
        try {
            var used = of.used;
            if (used == null || clock.nanos() - of.since > KNOWN_FOR.toNanos()) {
                of.since = clock.nanos();
                used = ask.get();
                of.used = used;
            }
            var members = new HashSet<>(used.members());
            members.addAll(of.taken);
            var reserved = new HashSet<>(used.reserved());
            reserved.addAll(of.taken);
            var address =
                    Subnets.address(subnet, reserved).or(() -> Subnets.address(subnet, members));
            address.ifPresent(of.taken::add);
            return address;
        } finally {
            of.lock.unlock();
        }
    }

    /** Takes an address that a container already has, until {@link #given}. */
    void keep(String networkId, String address) {
        var of = of(networkId);
        of.lock.lock();
        try {
            of.taken.add(address);
        } finally {
            of.lock.unlock();
        }
    }

    /**
     * Ends a connect with an address that was taken.
     *
     * @param used whether a container has it now; if not, the engine is asked again next time
     */
    void given(String networkId, String address, boolean used) {
        var of = of(networkId);
        of.lock.lock();
        try {
            of.taken.remove(address);
            var known = of.used;
            if (!used) {
                of.used = null;
            } else if (known != null) {
                known.members().add(address);
                known.reserved().add(address);
            }
        } finally {
            of.lock.unlock();
        }
    }

    private OfNetwork of(String networkId) {
        return networks.computeIfAbsent(networkId, _ -> new OfNetwork());
    }
}
