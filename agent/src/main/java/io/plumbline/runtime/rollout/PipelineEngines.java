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
 * The engine reconcilers of a pipeline, one for each engine that it may use, and their reports
 * taken together. The pipeline's thread only; {@link #hint} is safe for all.
 */
public final class PipelineEngines implements AutoCloseable {
    private final ConcurrentSkipListMap<String, EngineReconciler> engineReconcilers =
            new ConcurrentSkipListMap<>();
    private final Function<EngineWatcher, EngineReconciler> maker;
    private final Fleet fleet;

    PipelineEngines(Fleet fleet, Function<EngineWatcher, EngineReconciler> maker) {
        this.fleet = fleet;
        this.maker = maker;
    }

    /** Returns the engine reconciler of this engine; starts a new one if there is none. */
    EngineReconciler of(String engine) {
        return engineReconcilers.computeIfAbsent(
                engine,
                name -> {
                    var engineReconciler = maker.apply(fleet.engine(name));
                    engineReconciler.start();
                    return engineReconciler;
                });
    }

    Optional<EngineReconciler> find(String engine) {
        return Optional.ofNullable(engineReconcilers.get(engine));
    }

    /**
     * Returns what each engine that answers showed at the last observation for its current order.
     */
    List<HealthWatch.Seen> seen() {
        return engineReconcilers.values().stream()
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

    /** Returns the existing engine reconcilers, in the order of their engines' names. */
    public Collection<EngineReconciler> all() {
        return engineReconcilers.values();
    }

    /** Wakes the engine reconciler of an engine. */
    public void hint(String engine, @Nullable Cause why) {
        var engineReconciler = engineReconcilers.get(engine);
        if (engineReconciler != null) {
            engineReconciler.hint(why);
        }
    }

    /** Ends the engine reconcilers of engines that no longer concern the pipeline. */
    void retain(Set<String> engines) {
        engineReconcilers
                .entrySet()
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
        engineReconcilers.values().forEach(EngineReconciler::tryAgain);
    }

    @Override
    public void close() {
        engineReconcilers.values().forEach(EngineReconciler::close);
    }

    /**
     * Waits until the closed engine reconcilers have ended, at most {@code atMost} for each.
     *
     * @return false if the caller was interrupted meanwhile
     */
    public boolean join(Duration atMost) {
        try {
            for (var engineReconciler : engineReconcilers.values()) {
                engineReconciler.join(atMost);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // --- together -----------------------------------------------------------------------------

    /** Returns the first engine reconciler with this standing. */
    Optional<EngineReconciler> first(Standing standing) {
        return engineReconcilers.values().stream().filter(l -> stands(l, standing)).findFirst();
    }

    private static boolean stands(EngineReconciler engineReconciler, Standing standing) {
        return engineReconciler.standing().filter(r -> r.standing() == standing).isPresent();
    }

    /** Whether each engine reconciler has observed its engine for its current order. */
    boolean looked() {
        return engineReconcilers.values().stream().allMatch(l -> l.standing().isPresent());
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
        for (var engineReconciler : engineReconcilers.values()) {
            var standing = engineReconciler.standing();
            wanted |= engineReconciler.wanted();
            if (standing.filter(r -> r.standing() == Standing.READY).isPresent()) {
                proven |= engineReconciler.wanted();
            } else if (standing.filter(leftOut).isEmpty()) {
                return false;
            }
        }
        return proven
                || (!wanted && (engineReconcilers.isEmpty() || first(Standing.READY).isPresent()));
    }

    /** Whether nothing is left to do on any engine, and all running containers are healthy. */
    boolean healthy() {
        return ready(_ -> false)
                && engineReconcilers.values().stream()
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
        return engineReconcilers.values().stream()
                .filter(EngineReconciler::wanted)
                .anyMatch(l -> stands(l, Standing.READY) || stands(l, Standing.WORKING));
    }

    /** Whether nothing is left to do on this engine. */
    boolean ready(String engine) {
        return find(engine).filter(l -> stands(l, Standing.READY)).isPresent();
    }

    /** Whether an engine reconciler is ready except for the names that it withholds. */
    boolean withheld() {
        return engineReconcilers.values().stream()
                .anyMatch(l -> stands(l, Standing.READY) && l.report().actions() > 0);
    }

    /** Returns the engines whose report matches. */
    Stream<String> names(Predicate<EngineProgress> so) {
        return engineReconcilers.values().stream()
                .filter(l -> l.standing().filter(so).isPresent())
                .map(EngineReconciler::name);
    }

    /**
     * Whether all engine reconcilers were ready at an observation since then, except those that do
     * not answer.
     */
    boolean readySince(long nanos) {
        return engineReconcilers.values().stream()
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
     * Returns the reasons of the engine reconcilers with this standing, each with its engine's name
     * if needed.
     */
    String whys(Standing standing) {
        return engineReconcilers.values().stream()
                .filter(l -> stands(l, standing))
                .map(l -> named(l, l.report().why()))
                .distinct()
                .collect(Collectors.joining("; "));
    }

    /** Returns why the engines with replicas that do not answer are unreachable. */
    String whyAway() {
        return engineReconcilers.values().stream()
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

    /** Puts the engine's name in front of a text if there are several engine reconcilers. */
    String named(EngineReconciler engineReconciler, String text) {
        return engineReconcilers.size() == 1
                        || text.isEmpty()
                        || text.contains(engineReconciler.name())
                ? text
                : engineReconciler.name() + ": " + text;
    }

    /** Returns what the engine reconcilers wait for. */
    String doing() {
        return engineReconcilers.values().stream()
                .filter(l -> l.standing().isPresent() && !l.report().doing().isEmpty())
                .map(l -> named(l, l.report().doing()))
                .collect(Collectors.joining("; "));
    }

    /** Returns the smallest rest of the progress deadline. */
    Duration progressLeft(Duration otherwise) {
        return engineReconcilers.values().stream()
                .flatMap(l -> l.standing().stream())
                .filter(r -> r.standing() != Standing.AWAY)
                .map(EngineProgress::progressLeft)
                .min(Duration::compareTo)
                .orElse(otherwise);
    }

    /** Returns the number of actions in all plans. */
    int actions() {
        return engineReconcilers.values().stream()
                .flatMap(l -> l.standing().stream())
                .mapToInt(EngineProgress::actions)
                .sum();
    }

    /** Returns the largest number of successive failed attempts on one engine. */
    int troubles() {
        return engineReconcilers.values().stream()
                .filter(l -> stands(l, Standing.TROUBLED))
                .mapToInt(l -> l.report().troubles())
                .max()
                .orElse(0);
    }
}
