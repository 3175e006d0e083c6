package io.plumbline.runtime.placement;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Cordon;
import io.plumbline.core.placement.EngineFacts;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.placement.Placer;
import io.plumbline.core.placement.Presence;
import io.plumbline.core.placement.Usage;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.PlacementRecord;
import io.plumbline.core.workload.Replica;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Strategy;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.engine.Fleet;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The engines that one pipeline's releases may use, with the facts for their placement. */
public final class PlacementView {
    private static final int NO_GPUS = (int) EngineFacts.UNKNOWN;

    private final String pipeline;
    private final Fleet fleet;
    private final Claims claims;
    private final List<Fleet.Member> members;

    /**
     * Creates the sites of a pipeline.
     *
     * @param engines names of the engines of its repository; empty means all
     */
    public PlacementView(String pipeline, Fleet fleet, Claims claims, List<String> engines) {
        this.pipeline = pipeline;
        this.fleet = fleet;
        this.claims = claims;
        this.members =
                fleet.members().stream()
                        .filter(m -> engines.isEmpty() || engines.contains(m.name()))
                        .toList();
    }

    /** Whether there is more than one engine. */
    public boolean several() {
        return fleet.members().size() > 1;
    }

    /** Decides the placement of a release. */
    public PlacementResult place(Release release, Assignment current, Map<String, String> held) {
        return Placer.place(release, facts(release), current, held);
    }

    /** Returns the facts of the engines that decide the placement of a release. */
    public List<EngineFacts> facts(Release release) {
        return members.stream().map(m -> facts(m, release.placement())).toList();
    }

    private EngineFacts facts(Fleet.Member m, Placement placement) {
        var presence = presence(m, placement.failover());
        if (placement.strategy() == Strategy.EVERYWHERE) {
            // This strategy reserves no capacity, so the free capacity is not needed.
            return new EngineFacts(
                    m.name(),
                    m.labels(),
                    presence,
                    EngineFacts.UNKNOWN,
                    EngineFacts.UNKNOWN,
                    NO_GPUS,
                    m.pricePerHour());
        }
        var taken = takenByOthers(m);
        return new EngineFacts(
                m.name(),
                m.labels(),
                presence,
                free(m.nanoCpus(), taken.nanoCpus()),
                free(m.memory(), taken.memory()),
                NO_GPUS,
                m.pricePerHour(),
                claims.heldByOthers(pipeline, m.name()));
    }

    private static long free(long capacity, long taken) {
        return capacity == EngineFacts.UNKNOWN ? capacity : Math.max(0, capacity - taken);
    }

    /** Returns the capacity that other pipelines use there or have reserved. */
    private Usage takenByOthers(Fleet.Member m) {
        var others = new TreeMap<>(claims.bookedByOthers(pipeline, m.name()));
        m.driver()
                .used()
                .forEach(
                        (other, used) -> {
                            if (!other.equals(pipeline)) {
                                others.merge(other, used, Usage::most);
                            }
                        });
        return others.values().stream().reduce(Usage.NONE, Usage::plus);
    }

    private Presence presence(Fleet.Member m, Placement.@Nullable Failover failover) {
        var cordon = fleet.cordon(m.name());
        var presence =
                Presence.of(
                        cordon.filter(Cordon::drain).isPresent(),
                        cordon.isPresent(),
                        awayFor(m).orElse(null),
                        failover);
        return presence == Presence.READY && !m.driver().seen().ever() ? Presence.AWAY : presence;
    }

    /**
     * Returns for how long the engine did not answer while another did. If no engine answers, the
     * agent itself may be disconnected. The time starts when the first one answers again, because
     * the others may follow.
     */
    private Optional<Duration> awayFor(Fleet.Member m) {
        return m.driver()
                .unreachableFor()
                .map(
                        away -> {
                            var others =
                                    fleet.all().stream()
                                            .flatMap(w -> w.reachableFor().stream())
                                            .max(Duration::compareTo)
                                            .orElse(Duration.ZERO);
                            return away.compareTo(others) < 0 ? away : others;
                        });
    }

    /** Returns how long until the next of its engines counts as lost, if one is unreachable. */
    public Optional<Duration> untilLost(Release release) {
        var failover = release.placement().failover();
        if (failover == null) {
            return Optional.empty();
        }
        return members.stream()
                .flatMap(m -> awayFor(m).stream())
                .map(away -> failover.after().minus(away))
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }

    /**
     * Returns the running replicas of a release by engine, for a pipeline without a recorded
     * placement.
     */
    public Assignment found(Release release) {
        var counts = new TreeMap<String, Map<String, Integer>>();
        for (var m : members) {
            var of = new TreeMap<String, Integer>();
            m.driver().last(pipeline).replicas().stream()
                    .filter(Replica::alive)
                    .map(Replica::service)
                    .filter(s -> release.service(s).isPresent())
                    .forEach(s -> of.merge(s, 1, Integer::sum));
            if (!of.isEmpty()) {
                counts.put(m.name(), of);
            }
        }
        return Assignment.of(counts);
    }

    /**
     * Returns the engines that concern the pipeline: those of its placement, before and after a
     * move, those that are late, and those with replicas of it.
     */
    public Set<String> concerned(Assignment to, PlacementRecord now) {
        var out = new TreeSet<String>();
        out.addAll(to.counts().keySet());
        out.addAll(now.placed().counts().keySet());
        out.addAll(now.late());
        out.removeIf(engine -> !fleet.has(engine));
        for (var engine : fleet.all()) {
            if (engine.has(pipeline)) {
                out.add(engine.name());
            }
        }
        return out;
    }

    /** Returns the engines that the placement selects, in the configuration's order. */
    public List<EngineDriver> candidates(Placement placement) {
        return members.stream()
                .filter(m -> chosen(placement, m))
                .map(Fleet.Member::driver)
                .toList();
    }

    /** Returns all engines that its repository permits. */
    public List<EngineDriver> allowed() {
        return members.stream().map(Fleet.Member::driver).toList();
    }

    private static boolean chosen(Placement placement, Fleet.Member m) {
        var names = placement.engines();
        var selector = placement.selector();
        return (names == null || names.contains(m.name()))
                && (selector == null || selector.matches(m.labels()));
    }

    /** Returns the labels of its engines, as configured. */
    public Map<String, SortedMap<String, String>> labels() {
        var out = new TreeMap<String, SortedMap<String, String>>();
        members.forEach(m -> out.put(m.name(), m.labels()));
        return out;
    }

    /** Returns the names in the order of the configuration. */
    public List<String> inOrder(Collection<String> names) {
        return fleet.members().stream().map(Fleet.Member::name).filter(names::contains).toList();
    }

    public boolean has(String engine) {
        return fleet.has(engine);
    }

    public EngineDriver engine(String name) {
        return fleet.engine(name);
    }
}
