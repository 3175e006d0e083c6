package io.plumbline.runtime.rollout;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.placement.Assignment;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.runtime.apply.EngineProgress;
import io.plumbline.runtime.apply.EngineProgress.Standing;
import io.plumbline.runtime.apply.EngineReconciler;
import io.plumbline.runtime.engine.EngineWatcher;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.loop.Cause;
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
 * The lanes of a pipeline, one for each engine that it may use, and their reports taken together.
 * The pipeline's thread only; {@link #hint} is safe for all.
 */
public final class PipelineEngines implements AutoCloseable {
    private final ConcurrentSkipListMap<String, EngineReconciler> lanes =
            new ConcurrentSkipListMap<>();
    private final Function<EngineWatcher, EngineReconciler> maker;
    private final Fleet fleet;

    PipelineEngines(Fleet fleet, Function<EngineWatcher, EngineReconciler> maker) {
        this.fleet = fleet;
        this.maker = maker;
    }

    /** Returns the lane of this engine; starts a new one if there is none. */
    EngineReconciler of(String engine) {
        return lanes.computeIfAbsent(
                engine,
                name -> {
                    var lane = maker.apply(fleet.engine(name));
                    lane.start();
                    return lane;
                });
    }

    Optional<EngineReconciler> find(String engine) {
        return Optional.ofNullable(lanes.get(engine));
    }

    /**
     * Returns what each engine that answers showed at the last observation for its current order.
     */
    List<HealthWatch.Seen> seen() {
        return lanes.values().stream()
                .flatMap(l -> l.standing().stream())
                .flatMap(PipelineEngines::seen)
                .toList();
    }

    private static Stream<HealthWatch.Seen> seen(EngineProgress r) {
        var goal = r.goal();
        var observed = r.observed();
        return away(r) || goal == null || observed == null
                ? Stream.empty()
                : Stream.of(new HealthWatch.Seen(goal.release(), observed, r.verdicts()));
    }

    /** Returns the existing lanes, in the order of their engines' names. */
    public Collection<EngineReconciler> all() {
        return lanes.values();
    }

    /** Wakes the lane of an engine. */
    public void hint(String engine, @Nullable Cause why) {
        var lane = lanes.get(engine);
        if (lane != null) {
            lane.hint(why);
        }
    }

    /** Ends the lanes of engines that no longer concern the pipeline. */
    void retain(Set<String> engines) {
        lanes.entrySet()
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
        lanes.values().forEach(EngineReconciler::tryAgain);
    }

    @Override
    public void close() {
        lanes.values().forEach(EngineReconciler::close);
    }

    /**
     * Waits until the closed lanes have ended, at most {@code atMost} for each.
     *
     * @return false if the caller was interrupted meanwhile
     */
    public boolean join(Duration atMost) {
        try {
            for (var lane : lanes.values()) {
                lane.join(atMost);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // --- together -----------------------------------------------------------------------------

    /** Returns the first lane with this standing. */
    Optional<EngineReconciler> first(Standing standing) {
        return lanes.values().stream().filter(l -> stands(l, standing)).findFirst();
    }

    private static boolean stands(EngineReconciler lane, Standing standing) {
        return lane.standing().filter(r -> r.standing() == standing).isPresent();
    }

    /** Whether each lane has observed its engine for its current order. */
    boolean looked() {
        return lanes.values().stream().allMatch(l -> l.standing().isPresent());
    }

    /**
     * Whether the engine of a report does not answer. It is brought to the desired state when it
     * returns.
     */
    static boolean away(EngineProgress r) {
        return r.standing() == Standing.AWAY;
    }

    /**
     * Whether nothing is left to do on any engine, and at least one engine with replicas says so.
     *
     * @param leftOut whether an engine with this report is not waited for
     */
    boolean ready(Predicate<EngineProgress> leftOut) {
        boolean proven = false;
        boolean wanted = false;
        for (var lane : lanes.values()) {
            var standing = lane.standing();
            wanted |= lane.wanted();
            if (standing.filter(r -> r.standing() == Standing.READY).isPresent()) {
                proven |= lane.wanted();
            } else if (standing.filter(leftOut).isEmpty()) {
                return false;
            }
        }
        return proven || (!wanted && (lanes.isEmpty() || first(Standing.READY).isPresent()));
    }

    /** Whether nothing is left to do on any engine, and all running containers are healthy. */
    boolean healthy() {
        return ready(_ -> false)
                && lanes.values().stream()
                        .map(EngineReconciler::report)
                        .allMatch(PipelineEngines::healthy);
    }

    private static boolean healthy(EngineProgress r) {
        var observed = r.observed();
        return observed != null
                && observed.containers().stream()
                        .filter(LiveContainer::alive)
                        .allMatch(c -> r.verdicts().get(c.id()) == Verdict.HEALTHY);
    }

    /**
     * Whether the desired replicas run on the engines of the placement, so that replicas elsewhere
     * may stop.
     *
     * @param leg the key of the current leg; a report on another one says nothing
     */
    boolean served(String leg, Assignment where, Predicate<EngineProgress> leftOut) {
        boolean proven = where.engines().isEmpty();
        for (var engine : where.engines()) {
            var report =
                    find(engine)
                            .flatMap(EngineReconciler::standing)
                            .filter(r -> r.goal() != null && r.goal().leg().equals(leg));
            if (report.filter(r -> r.standing() == Standing.READY).isPresent()) {
                proven = true;
            } else if (report.filter(leftOut).isEmpty()) {
                return false;
            }
        }
        return proven;
    }

    /** Whether an engine with replicas is ready or working. */
    boolean anyGetsOn() {
        return lanes.values().stream()
                .filter(EngineReconciler::wanted)
                .anyMatch(l -> stands(l, Standing.READY) || stands(l, Standing.WORKING));
    }

    /** Whether nothing is left to do on this engine. */
    boolean ready(String engine) {
        return find(engine).filter(l -> stands(l, Standing.READY)).isPresent();
    }

    /** Whether a lane is ready except for the names that it withholds. */
    boolean withheld() {
        return lanes.values().stream()
                .anyMatch(l -> stands(l, Standing.READY) && l.report().actions() > 0);
    }

    /** Returns the engines whose report matches. */
    Stream<String> names(Predicate<EngineProgress> so) {
        return lanes.values().stream()
                .filter(l -> l.standing().filter(so).isPresent())
                .map(EngineReconciler::name);
    }

    /**
     * Whether all lanes were ready at an observation since then, except those that do not answer.
     */
    boolean readySince(long nanos) {
        return lanes.values().stream()
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
     * Returns the reasons of the lanes with this standing, each with its engine's name if needed.
     */
    String whys(Standing standing) {
        return lanes.values().stream()
                .filter(l -> stands(l, standing))
                .map(l -> named(l, l.report().why()))
                .distinct()
                .collect(Collectors.joining("; "));
    }

    /** Returns why the engines with replicas that do not answer are unreachable. */
    String whyAway() {
        return lanes.values().stream()
                .filter(l -> l.wanted() && stands(l, Standing.AWAY))
                .map(l -> named(l, l.report().why()))
                .collect(Collectors.joining("; "));
    }

    /** Puts the engine's name in front of a text if there are several lanes. */
    String named(EngineReconciler lane, String text) {
        return lanes.size() == 1 || text.isEmpty() || text.contains(lane.name())
                ? text
                : lane.name() + ": " + text;
    }

    /** Returns what the lanes wait for. */
    String doing() {
        return lanes.values().stream()
                .filter(l -> l.standing().isPresent() && !l.report().doing().isEmpty())
                .map(l -> named(l, l.report().doing()))
                .collect(Collectors.joining("; "));
    }

    /** Returns the smallest rest of the progress deadline. */
    Duration progressLeft(Duration otherwise) {
        return lanes.values().stream()
                .flatMap(l -> l.standing().stream())
                .filter(r -> r.standing() != Standing.AWAY)
                .map(EngineProgress::progressLeft)
                .min(Duration::compareTo)
                .orElse(otherwise);
    }

    /** Returns the number of actions in all plans. */
    int actions() {
        return lanes.values().stream()
                .flatMap(l -> l.standing().stream())
                .mapToInt(EngineProgress::actions)
                .sum();
    }

    /** Returns the largest number of successive failed attempts on one engine. */
    int troubles() {
        return lanes.values().stream()
                .filter(l -> stands(l, Standing.TROUBLED))
                .mapToInt(l -> l.report().troubles())
                .max()
                .orElse(0);
    }
}
