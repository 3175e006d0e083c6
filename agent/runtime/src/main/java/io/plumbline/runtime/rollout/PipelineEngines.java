package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.Verdict;
import io.plumbline.port.Cause;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.runtime.engine.Fleet;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The slices of the engines that a pipeline may use, and their reports taken together. The
 * pipeline's thread only; {@link #hint} is safe for all.
 */
public final class PipelineEngines implements AutoCloseable {
    private static final Set<Standing> SERVING = Set.of(Standing.READY, Standing.SERVING);

    private final ConcurrentSkipListMap<String, EngineSlice> slices = new ConcurrentSkipListMap<>();
    private final Function<EngineDriver, EngineSlice> maker;
    private final Fleet fleet;

    PipelineEngines(Fleet fleet, Function<EngineDriver, EngineSlice> maker) {
        this.fleet = fleet;
        this.maker = maker;
    }

    /** Returns the slice of this engine; starts a new one if there is none. */
    EngineSlice of(String engine) {
        return slices.computeIfAbsent(
                engine,
                name -> {
                    var slice = maker.apply(fleet.engine(name));
                    slice.start();
                    return slice;
                });
    }

    Optional<EngineSlice> find(String engine) {
        return Optional.ofNullable(slices.get(engine));
    }

    /**
     * Returns what each engine that answers showed at the last observation for its current order.
     */
    List<HealthWatch.Seen> seen() {
        return slices.values().stream()
                .flatMap(l -> l.standing().stream())
                .flatMap(PipelineEngines::seen)
                .toList();
    }

    private static Stream<HealthWatch.Seen> seen(EngineStatus r) {
        var goal = r.goal();
        var observed = r.observed();
        return away(r) || goal == null || observed == null
                ? Stream.empty()
                : Stream.of(new HealthWatch.Seen(goal.release(), observed));
    }

    /** Returns the existing slices, in the order of their engines' names. */
    public Collection<EngineSlice> all() {
        return slices.values();
    }

    /** Returns the engines' drivers, in the order of their names. */
    public List<EngineDriver> drivers() {
        return slices.keySet().stream().map(fleet::engine).toList();
    }

    /** Wakes the slice of an engine. */
    public void hint(String engine, @Nullable Cause why) {
        var slice = slices.get(engine);
        if (slice != null) {
            slice.hint(why);
        }
    }

    /** Ends the slices of engines that no longer concern the pipeline. */
    void retain(Set<String> engines) {
        slices.entrySet()
                .removeIf(
                        e -> {
                            boolean gone = !engines.contains(e.getKey());
                            if (gone) {
                                e.getValue().close();
                            }
                            return gone;
                        });
    }

    void tryAgain() {
        slices.values().forEach(EngineSlice::tryAgain);
    }

    @Override
    public void close() {
        slices.values().forEach(EngineSlice::close);
    }

    /**
     * Waits until the closed slices have ended, at most {@code atMost} for each.
     *
     * @return false if the caller was interrupted meanwhile
     */
    public boolean join(Duration atMost) {
        try {
            for (var slice : slices.values()) {
                slice.join(atMost);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // --- together -----------------------------------------------------------------------------

    /** Returns the first slice with this standing. */
    Optional<EngineSlice> first(Standing standing) {
        return slices.values().stream().filter(l -> stands(l, standing)).findFirst();
    }

    private static boolean stands(EngineSlice slice, Standing standing) {
        return slice.standing().filter(r -> r.standing() == standing).isPresent();
    }

    /** Whether each slice has observed its engine for its current order. */
    boolean looked() {
        return slices.values().stream().allMatch(l -> l.standing().isPresent());
    }

    /**
     * Whether the engine of a report does not answer. It is brought to the desired state when it
     * returns.
     */
    static boolean away(EngineStatus r) {
        return r.standing() == Standing.AWAY;
    }

    /**
     * Whether nothing is left to do on any engine, and at least one engine with replicas says so.
     *
     * @param leftOut whether an engine with this report is not waited for
     */
    boolean ready(Predicate<EngineStatus> leftOut) {
        return all(Set.of(Standing.READY), leftOut);
    }

    /**
     * Whether at most clean-up is left to do on any engine, and at least one engine with replicas
     * says so.
     *
     * @param leftOut whether an engine with this report is not waited for
     */
    boolean serving(Predicate<EngineStatus> leftOut) {
        return all(SERVING, leftOut);
    }

    private boolean all(Set<Standing> done, Predicate<EngineStatus> leftOut) {
        boolean proven = false;
        boolean wanted = false;
        for (var slice : slices.values()) {
            var standing = slice.standing();
            wanted |= slice.wanted();
            if (standing.filter(r -> done.contains(r.standing())).isPresent()) {
                proven |= slice.wanted();
            } else if (standing.filter(leftOut).isEmpty()) {
                return false;
            }
        }
        return proven
                || (!wanted
                        && (slices.isEmpty() || done.stream().anyMatch(s -> first(s).isPresent())));
    }

    /** Whether nothing is left to do on any engine, and all running replicas are healthy. */
    boolean healthy() {
        return ready(_ -> false)
                && slices.values().stream()
                        .map(EngineSlice::report)
                        .allMatch(PipelineEngines::healthy);
    }

    private static boolean healthy(EngineStatus r) {
        var observed = r.observed();
        return observed != null
                && observed.replicas().stream()
                        .filter(Replica::alive)
                        .allMatch(x -> x.verdict() == Verdict.HEALTHY);
    }

    /**
     * Whether the desired replicas run on the engines of the placement, so that replicas elsewhere
     * may stop.
     *
     * @param leg the key of the current leg; a report on another one says nothing
     */
    boolean served(String leg, Assignment where, Predicate<EngineStatus> leftOut) {
        boolean proven = where.engines().isEmpty();
        for (var engine : where.engines()) {
            var report =
                    find(engine)
                            .flatMap(EngineSlice::standing)
                            .filter(r -> r.goal() != null && r.goal().leg().equals(leg));
            if (report.filter(r -> SERVING.contains(r.standing())).isPresent()) {
                proven = true;
            } else if (report.filter(leftOut).isEmpty()) {
                return false;
            }
        }
        return proven;
    }

    /** Whether an engine with replicas is ready or working. */
    boolean anyGetsOn() {
        return slices.values().stream()
                .filter(EngineSlice::wanted)
                .anyMatch(
                        l ->
                                stands(l, Standing.READY)
                                        || stands(l, Standing.SERVING)
                                        || stands(l, Standing.WORKING));
    }

    /** Whether at most clean-up is left to do on this engine. */
    boolean serves(String engine) {
        return find(engine)
                .flatMap(EngineSlice::standing)
                .filter(r -> SERVING.contains(r.standing()))
                .isPresent();
    }

    /** Whether a slice is ready except for the names that it withholds. */
    boolean withheld() {
        return slices.values().stream()
                .anyMatch(l -> stands(l, Standing.READY) && l.report().actions() > 0);
    }

    /** Returns the engines whose report matches. */
    Stream<String> names(Predicate<EngineStatus> so) {
        return slices.values().stream()
                .filter(l -> l.standing().filter(so).isPresent())
                .map(EngineSlice::name);
    }

    /**
     * Whether all slices were ready at an observation since then, except those that do not answer.
     */
    boolean readySince(long nanos) {
        return slices.values().stream()
                .allMatch(
                        l ->
                                l.standing()
                                        .filter(
                                                r ->
                                                        away(r)
                                                                || (r.standing() == Standing.READY
                                                                        && r.at() - nanos >= 0))
                                        .isPresent());
    }

    /**
     * Returns the reasons of the slices with this standing, each with its engine's name if needed.
     */
    String whys(Standing standing) {
        return slices.values().stream()
                .filter(l -> stands(l, standing))
                .map(l -> named(l, l.report().why()))
                .distinct()
                .collect(Collectors.joining("; "));
    }

    /** Returns why the engines with replicas that do not answer are unreachable. */
    String whyAway() {
        return slices.values().stream()
                .filter(l -> l.wanted() && stands(l, Standing.AWAY))
                .map(l -> named(l, l.report().why()))
                .collect(Collectors.joining("; "));
    }

    /** Returns what keeps the engines from what they are to do. */
    String inTheWay() {
        return joined(whys(Standing.BLOCKED), whys(Standing.TROUBLED), whyAway());
    }

    /** Joins those that are not empty. */
    static String joined(String... reasons) {
        return Stream.of(reasons).filter(r -> !r.isEmpty()).collect(Collectors.joining("; "));
    }

    /** Puts the engine's name in front of a text if there are several slices. */
    String named(EngineSlice slice, String text) {
        return slices.size() == 1 || text.isEmpty() || text.contains(slice.name())
                ? text
                : slice.name() + ": " + text;
    }

    /** Returns what the slices wait for. */
    String doing() {
        return slices.values().stream()
                .filter(l -> l.standing().isPresent() && !l.report().doing().isEmpty())
                .map(l -> named(l, l.report().doing()))
                .collect(Collectors.joining("; "));
    }

    /** Returns the smallest rest of the progress deadline. */
    Duration progressLeft(Duration otherwise) {
        return slices.values().stream()
                .flatMap(l -> l.standing().stream())
                .filter(r -> r.standing() != Standing.AWAY)
                .map(EngineStatus::progressLeft)
                .min(Duration::compareTo)
                .orElse(otherwise);
    }

    /** Returns the number of actions in all plans. */
    int actions() {
        return slices.values().stream()
                .flatMap(l -> l.standing().stream())
                .mapToInt(EngineStatus::actions)
                .sum();
    }

    /** Returns the largest number of successive failed attempts on one engine. */
    int troubles() {
        return slices.values().stream()
                .filter(l -> stands(l, Standing.TROUBLED))
                .mapToInt(l -> l.report().troubles())
                .max()
                .orElse(0);
    }
}
