package io.plumbline.core.placement;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.yaml.Quantities;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The free capacity of engines during a placement, by limits of CPUs and memory. */
final class FreeCapacity {

    private static final long MEBI = 1L << 20;

    private final Map<String, Long> cpus = new HashMap<>();
    private final Map<String, Long> memory = new HashMap<>();
    private final Map<String, List<Port>> held = new HashMap<>();

    FreeCapacity(List<EngineFacts> engines) {
        for (EngineFacts engine : engines) {
            held.put(engine.name(), engine.heldPorts());
            if (engine.freeNanoCpus() != EngineFacts.UNKNOWN) {
                cpus.put(engine.name(), engine.freeNanoCpus());
            }
            if (engine.freeMemory() != EngineFacts.UNKNOWN) {
                memory.put(engine.name(), engine.freeMemory());
            }
        }
    }

    /** Takes capacity for replicas, or frees it if the number is negative. */
    void take(String engine, ReleaseService service, int replicas) {
        cpus.computeIfPresent(engine, (_, free) -> free - replicas * cpus(service));
        memory.computeIfPresent(engine, (_, free) -> free - replicas * memory(service));
    }

    /**
     * Returns what one replica lacks on an engine, for display: {@code 1.5 cpus asked, 0.5 free};
     * empty if it fits.
     */
    String missing(String engine, ReleaseService service) {
        List<String> lacks = new ArrayList<>();
        taken(engine, service)
                .ifPresent(p -> lacks.add("another pipeline holds host port " + p + " there"));
        long asked = cpus(service);
        if (asked > 0 && asked > freeCpus(engine)) {
            lacks.add(shownCpus(asked) + " cpus asked, " + shownCpus(freeCpus(engine)) + " free");
        }
        long bytes = memory(service);
        if (bytes > 0 && bytes > freeMemory(engine)) {
            lacks.add(
                    Quantities.shown(bytes)
                            + " memory asked, "
                            + shownMemory(freeMemory(engine))
                            + " free");
        }
        return String.join(" and ", lacks);
    }

    /** Returns a host port of the service that another pipeline holds there, by the claims. */
    private Optional<Port.Range> taken(String engine, ReleaseService service) {
        for (Port port : service.spec().ports()) {
            for (Port other : held.getOrDefault(engine, List.of())) {
                if (port.overlaps(other) && port.host() != null) {
                    return Optional.of(port.host());
                }
            }
        }
        return Optional.empty();
    }

    /** Returns free CPUs times 10^9; the largest number if not known. */
    long freeCpus(String engine) {
        return cpus.getOrDefault(engine, Long.MAX_VALUE);
    }

    /** Returns free bytes; the largest number if not known. */
    long freeMemory(String engine) {
        return memory.getOrDefault(engine, Long.MAX_VALUE);
    }

    /** Returns {@code 2 cpus and 512Mi free}, as far as it is known. */
    String shown(String engine) {
        List<String> parts = new ArrayList<>();
        if (cpus.containsKey(engine)) {
            parts.add(shownCpus(freeCpus(engine)) + " cpus");
        }
        if (memory.containsKey(engine)) {
            parts.add(shownMemory(freeMemory(engine)) + " memory");
        }
        return parts.isEmpty() ? "capacity unknown" : String.join(" and ", parts) + " free";
    }

    /**
     * Returns how many replicas of a service one engine can have: as many as the smallest range of
     * host ports has ports, and only one if a replica writes its own volume.
     */
    static int most(ReleaseService service) {
        int most = Integer.MAX_VALUE;
        for (Port port : service.spec().ports()) {
            Port.Range host = port.host();
            if (host != null) {
                most = Math.min(most, host.last() - host.first() + 1);
            }
        }
        boolean writes =
                service.spec().volumes().stream().anyMatch(v -> !v.shared() && !v.readOnly());
        return writes ? Math.min(most, 1) : most;
    }

    static long cpus(ReleaseService service) {
        return orNone(service.spec().resources().nanoCpus());
    }

    static long memory(ReleaseService service) {
        return orNone(service.spec().resources().memory());
    }

    private static long orNone(@Nullable Long limit) {
        return limit == null ? 0 : limit;
    }

    private static String shownCpus(long nano) {
        BigDecimal value = BigDecimal.valueOf(Math.max(0, nano), 9).stripTrailingZeros();
        return value.toPlainString();
    }

    private static String shownMemory(long bytes) {
        return Quantities.shown(Math.max(0, bytes) / MEBI * MEBI);
    }
}
