package io.plumbline.runtime.engine;

import io.plumbline.core.placement.Cordon;
import io.plumbline.core.placement.EngineFacts;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.port.Cordons;
import io.plumbline.port.driver.EngineDriver;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The configured engines with their drivers, in the order of the configuration, and the operators'
 * cordons. Safe for several threads.
 */
public final class Fleet implements AutoCloseable {
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final List<EngineDriver> drivers;
    private final Cordons ledger;
    private final StepSlots steps = new StepSlots();
    private volatile Map<String, Cordon> cordons;

    /**
     * An engine of the fleet.
     *
     * @param driver its driver
     * @param labels as configured
     * @param pricePerHour as configured, null for no price
     * @param mostNanoCpus as configured, null for what the engine has
     * @param mostMemory as configured, null for what the engine has
     */
    public record Member(
            EngineDriver driver,
            SortedMap<String, String> labels,
            @Nullable BigDecimal pricePerHour,
            @Nullable Long mostNanoCpus,
            @Nullable Long mostMemory) {

        public String name() {
            return driver.name();
        }

        /** Returns the capacity for replicas, CPUs times 10^9, or {@link EngineFacts#UNKNOWN}. */
        public long nanoCpus() {
            return known(mostNanoCpus != null ? mostNanoCpus : driver.figures().cpus());
        }

        /** Returns the capacity for replicas, bytes, or {@link EngineFacts#UNKNOWN}. */
        public long memory() {
            return known(mostMemory != null ? mostMemory : driver.figures().memory());
        }

        private static long known(@Nullable Long capacity) {
            return capacity == null ? EngineFacts.UNKNOWN : capacity;
        }
    }

    public Fleet(Collection<Member> all, Cordons ledger) {
        all.forEach(m -> members.put(m.name(), m));
        this.drivers = members.values().stream().map(Member::driver).toList();
        this.ledger = ledger;
        this.cordons = Map.copyOf(ledger.all());
    }

    public Collection<Member> members() {
        return members.values();
    }

    public List<EngineDriver> all() {
        return drivers;
    }

    /** Returns the driver of a configured engine. */
    public EngineDriver engine(String name) {
        var found = members.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no engine " + name);
        }
        return found.driver();
    }

    /**
     * Records that an engine answers. If it is the only one, the agent itself may have been
     * disconnected. Then the other engines are asked at once, so that their replicas are not taken
     * for lost.
     */
    public void answers(String engine) {
        var others = all().stream().filter(w -> !w.name().equals(engine)).toList();
        if (engine(engine).seen().reachable()
                && others.stream().noneMatch(w -> w.seen().reachable())) {
            others.forEach(EngineDriver::probeNow);
        }
    }

    /**
     * Returns a service's spec as text. Engines of one kind give the same text; the first of the
     * configuration gives it.
     */
    public Map<String, String> specText(ReleaseService service, String pipeline) {
        return all().getFirst().specText(service, pipeline);
    }

    public boolean has(String name) {
        return members.containsKey(name);
    }

    /** Returns the places for steps on the engines. */
    public StepSlots steps() {
        return steps;
    }

    /** Returns the operator's cordon of an engine. */
    public Optional<Cordon> cordon(String engine) {
        return Optional.ofNullable(cordons.get(engine));
    }

    public synchronized void cordon(String engine, Cordon cordon) {
        ledger.put(engine, cordon);
        cordons = Map.copyOf(ledger.all());
    }

    public synchronized void uncordon(String engine) {
        ledger.lift(engine);
        cordons = Map.copyOf(ledger.all());
    }

    /**
     * Returns the same engines as if an operator had drained one of them, for a preview. The copy
     * is neither started nor closed, and its cordons cannot change.
     */
    public Fleet ifDrained(String engine) {
        var words = new TreeMap<>(cordons);
        words.put(engine, new Cordon(true, "", Instant.EPOCH, ""));
        return new Fleet(members.values(), new Supposed(words));
    }

    private record Supposed(Map<String, Cordon> all) implements Cordons {
        @Override
        public void put(String engine, Cordon cordon) {
            throw new UnsupportedOperationException("only supposed");
        }

        @Override
        public void lift(String engine) {
            throw new UnsupportedOperationException("only supposed");
        }
    }

    public void start() {
        all().forEach(EngineDriver::start);
    }

    @Override
    public void close() {
        all().forEach(EngineDriver::close);
    }
}
