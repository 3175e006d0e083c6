package io.plumbline.runtime;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Cordon;
import io.plumbline.core.placement.EngineFacts;
import io.plumbline.core.placement.Placed;
import io.plumbline.core.placement.Placer;
import io.plumbline.core.placement.Presence;
import io.plumbline.core.release.Release;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Strategy;
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

/** Where one pipeline's releases may run and belong, from what its engines report. */
final class Sites {
    private static final int NO_GPUS = (int) EngineFacts.UNKNOWN;

    private final String pipeline;
    private final Fleet fleet;
    private final Claims claims;
    private final List<String> engines;

    /**
     * Of a pipeline.
     *
     * @param engines names of the engines of its repository; empty means all
     */
    Sites(String pipeline, Fleet fleet, Claims claims, List<String> engines) {
        this.pipeline = pipeline;
        this.fleet = fleet;
        this.claims = claims;
        this.engines = engines;
    }

    /** Whether there is more than one engine to tell apart. */
    boolean several() {
        return fleet.members().size() > 1;
    }

    /** Decides where a release belongs now. */
    Placed place(Release release, Assignment current, Map<String, String> held) {
        var facts = members().stream().map(m -> facts(m, release.placement())).toList();
        return Placer.place(release, facts, current, held);
    }

    private List<Fleet.Member> members() {
        return fleet.members().stream()
                .filter(m -> engines.isEmpty() || engines.contains(m.name()))
                .toList();
    }

    private EngineFacts facts(Fleet.Member m, Placement placement) {
        var presence = presence(m, placement.failover());
        if (placement.strategy() == Strategy.EVERYWHERE) {
            // Nothing is reserved there, so nobody asks how much is free.
            return new EngineFacts(
                    m.name(),
                    m.labels(),
                    presence,
                    EngineFacts.UNKNOWN,
                    EngineFacts.UNKNOWN,
                    NO_GPUS,
                    m.pricePerHour());
        }
        var all = m.watcher().used();
        var own = m.watcher().lastByPipeline().getOrDefault(pipeline, List.of());
        return new EngineFacts(
                m.name(),
                m.labels(),
                presence,
                free(m.nanoCpus(), all.nanoCpus() - sum(own, c -> c.nanoCpus())),
                free(m.memory(), all.memory() - sum(own, c -> c.memory())),
                NO_GPUS,
                m.pricePerHour(),
                claims.heldByOthers(pipeline, m.name()));
    }

    private static long free(long capacity, long taken) {
        return capacity == EngineFacts.UNKNOWN
                ? capacity
                : Math.max(0, capacity - Math.max(0, taken));
    }

    private interface Limit {
        long of(io.plumbline.core.observed.LiveConfig config);
    }

    private static long sum(List<LiveContainer> containers, Limit limit) {
        return containers.stream()
                .filter(LiveContainer::alive)
                .mapToLong(c -> limit.of(c.config()))
                .sum();
    }

    private Presence presence(Fleet.Member m, Placement.@Nullable Failover failover) {
        var cordon = fleet.cordon(m.name());
        var presence =
                Presence.of(
                        cordon.filter(Cordon::drain).isPresent(),
                        cordon.isPresent(),
                        m.watcher().unreachableFor().orElse(null),
                        failover);
        return presence == Presence.READY && !m.watcher().seen().ever() ? Presence.AWAY : presence;
    }

    /** How long until the next of its engines counts as lost, if one is away. */
    Optional<Duration> untilLost(Release release) {
        var failover = release.placement().failover();
        if (failover == null) {
            return Optional.empty();
        }
        return members().stream()
                .flatMap(m -> m.watcher().unreachableFor().stream())
                .map(away -> failover.after().minus(away))
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }

    /** Whether an engine counts as lost for a release. */
    boolean lost(Release release, String engine) {
        return members().stream()
                .filter(m -> m.name().equals(engine))
                .anyMatch(m -> presence(m, release.placement().failover()) == Presence.LOST);
    }

    /** What runs of a release, engine by engine: where it is without a record of it. */
    Assignment found(Release release) {
        var counts = new TreeMap<String, Map<String, Integer>>();
        for (var m : members()) {
            var of = new TreeMap<String, Integer>();
            m.watcher().lastByPipeline().getOrDefault(pipeline, List.of()).stream()
                    .filter(LiveContainer::alive)
                    .map(c -> c.label(io.plumbline.core.observed.Labels.SERVICE))
                    .filter(s -> release.service(s).isPresent())
                    .forEach(s -> of.merge(s, 1, Integer::sum));
            if (!of.isEmpty()) {
                counts.put(m.name(), of);
            }
        }
        return Assignment.of(counts);
    }

    /** The engines that concern it: those where it belongs, and those with containers of it. */
    Set<String> concerned(Collection<Assignment> where) {
        var out = new TreeSet<String>();
        where.forEach(a -> a.engines().stream().filter(fleet::has).forEach(out::add));
        fleet.all().stream().filter(w -> w.has(pipeline)).forEach(w -> out.add(w.engine().name()));
        return out;
    }

    /** The engines that a manifest may choose from and chooses, in the configuration's order. */
    List<EngineWatcher> candidates(Placement placement) {
        return members().stream()
                .filter(m -> chosen(placement, m))
                .map(Fleet.Member::watcher)
                .toList();
    }

    /** All engines that its repository lets it be on. */
    List<EngineWatcher> allowed() {
        return members().stream().map(Fleet.Member::watcher).toList();
    }

    private static boolean chosen(Placement placement, Fleet.Member m) {
        var names = placement.engines();
        var selector = placement.selector();
        return (names == null || names.contains(m.name()))
                && (selector == null || selector.matches(m.labels()));
    }

    /** The labels of its engines, as configured. */
    Map<String, SortedMap<String, String>> labels() {
        var out = new TreeMap<String, SortedMap<String, String>>();
        members().forEach(m -> out.put(m.name(), m.labels()));
        return out;
    }

    /** Names in the order of the configuration. */
    List<String> inOrder(Collection<String> names) {
        return fleet.members().stream().map(Fleet.Member::name).filter(names::contains).toList();
    }

    EngineWatcher engine(String name) {
        return fleet.engine(name);
    }
}
