package io.plumbline.core.placement;

import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Selector;
import io.plumbline.manifest.Strategy;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Engines and placements for tests. */
final class Engines {

    static final long CPU = 1_000_000_000L;
    static final long GIB = 1L << 30;

    private Engines() {}

    /** One that answers, with room for all. */
    static EngineFacts ready(String name) {
        return engine(name, Presence.READY);
    }

    static EngineFacts engine(String name, Presence presence) {
        return new EngineFacts(
                name,
                new TreeMap<>(),
                presence,
                EngineFacts.UNKNOWN,
                EngineFacts.UNKNOWN,
                -1,
                null);
    }

    /** One with so many cpus and GiB free. */
    static EngineFacts sized(String name, double cpus, int gib) {
        return new EngineFacts(
                name, new TreeMap<>(), Presence.READY, (long) (cpus * CPU), gib * GIB, 0, null);
    }

    static EngineFacts is(EngineFacts e, Presence presence) {
        return new EngineFacts(
                e.name(),
                e.labels(),
                presence,
                e.freeNanoCpus(),
                e.freeMemory(),
                e.freeGpus(),
                e.pricePerHour());
    }

    static EngineFacts labelled(EngineFacts e, String label, String value) {
        var labels = new TreeMap<>(e.labels());
        labels.put(label, value);
        return new EngineFacts(
                e.name(),
                labels,
                e.presence(),
                e.freeNanoCpus(),
                e.freeMemory(),
                e.freeGpus(),
                e.pricePerHour());
    }

    static EngineFacts priced(EngineFacts e, String price) {
        return new EngineFacts(
                e.name(),
                e.labels(),
                e.presence(),
                e.freeNanoCpus(),
                e.freeMemory(),
                e.freeGpus(),
                new BigDecimal(price));
    }

    /** On every engine, with a failover after a minute where the strategy allows it. */
    static Placement by(Strategy strategy) {
        return new Placement(
                null,
                null,
                strategy,
                1,
                strategy.total() ? new Placement.Failover(Duration.ofMinutes(1)) : null);
    }

    static Placement by(Strategy strategy, @Nullable String selector) {
        Placement p = by(strategy);
        return new Placement(
                null,
                selector == null ? null : Selector.parse(selector),
                strategy,
                1,
                p.failover());
    }

    static Assignment now(String engine, Map<String, Integer> services) {
        return Assignment.of(Map.of(engine, services));
    }
}
