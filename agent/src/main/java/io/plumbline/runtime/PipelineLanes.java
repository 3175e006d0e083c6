package io.plumbline.runtime;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.placement.Assignment;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.runtime.LaneReport.Standing;
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

/**
 * A pipeline's lanes, one for each engine that it may be on, and what their reports say together.
 * The pipeline's thread only, but {@link #hint} for all.
 */
final class PipelineLanes implements AutoCloseable {
    private final ConcurrentSkipListMap<String, Lane> lanes = new ConcurrentSkipListMap<>();
    private final Function<EngineWatcher, Lane> maker;
    private final Fleet fleet;

    PipelineLanes(Fleet fleet, Function<EngineWatcher, Lane> maker) {
        this.fleet = fleet;
        this.maker = maker;
    }

    /** The lane of that engine; a new one is started. */
    Lane of(String engine) {
        return lanes.computeIfAbsent(
                engine,
                name -> {
                    var lane = maker.apply(fleet.engine(name));
                    lane.start();
                    return lane;
                });
    }

    Optional<Lane> find(String engine) {
        return Optional.ofNullable(lanes.get(engine));
    }

    /** What each engine that answers showed at its last look at what it was ordered. */
    List<HealthWatch.Seen> seen() {
        return lanes.values().stream()
                .flatMap(l -> l.standing().stream())
                .flatMap(PipelineLanes::seen)
                .toList();
    }

    private static Stream<HealthWatch.Seen> seen(LaneReport r) {
        var goal = r.goal();
        var observed = r.observed();
        return away(r) || goal == null || observed == null
                ? Stream.empty()
                : Stream.of(new HealthWatch.Seen(goal.release(), observed, r.verdicts()));
    }

    /** Those that are there, in the order of their engines' names. */
    Collection<Lane> all() {
        return lanes.values();
    }

    /** Something happened on an engine. */
    void hint(String engine) {
        var lane = lanes.get(engine);
        if (lane != null) {
            lane.hint();
        }
    }

    /** Ends the lanes of engines that do not concern it any more. */
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
        lanes.values().forEach(Lane::tryAgain);
    }

    @Override
    public void close() {
        lanes.values().forEach(Lane::close);
    }

    /**
     * Waits until the lanes that were closed have ended, each at most so long.
     *
     * @return false if the caller was interrupted meanwhile
     */
    boolean join(Duration atMost) {
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

    /** The first that stands so. */
    Optional<Lane> first(Standing standing) {
        return lanes.values().stream().filter(l -> stands(l, standing)).findFirst();
    }

    private static boolean stands(Lane lane, Standing standing) {
        return lane.standing().filter(r -> r.standing() == standing).isPresent();
    }

    /** Whether each has looked at what it was ordered last. */
    boolean looked() {
        return lanes.values().stream().allMatch(l -> l.standing().isPresent());
    }

    /** Whether one does not answer: it gets what is desired when it returns. */
    static boolean away(LaneReport r) {
        return r.standing() == Standing.AWAY;
    }

    /**
     * Whether nothing is left to do on any engine, and one of those that are to run something says
     * so.
     *
     * @param leftOut whether an engine that stands so is not waited for
     */
    boolean ready(Predicate<LaneReport> leftOut) {
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

    /** Whether nothing is left to do on any engine, and all that runs is healthy. */
    boolean healthy() {
        return ready(_ -> false)
                && lanes.values().stream().map(Lane::report).allMatch(PipelineLanes::healthy);
    }

    private static boolean healthy(LaneReport r) {
        var observed = r.observed();
        return observed != null
                && observed.containers().stream()
                        .filter(LiveContainer::alive)
                        .allMatch(c -> r.verdicts().get(c.id()) == Verdict.HEALTHY);
    }

    /**
     * Whether what is desired runs where it belongs, so that what runs elsewhere may end.
     *
     * @param leg of the way that is meant; what was ready on another one says nothing
     */
    boolean served(String leg, Assignment where, Predicate<LaneReport> leftOut) {
        boolean proven = where.engines().isEmpty();
        for (var engine : where.engines()) {
            var report =
                    find(engine)
                            .flatMap(Lane::standing)
                            .filter(r -> r.goal() != null && r.goal().leg().equals(leg));
            if (report.filter(r -> r.standing() == Standing.READY).isPresent()) {
                proven = true;
            } else if (report.filter(leftOut).isEmpty()) {
                return false;
            }
        }
        return proven;
    }

    /** Whether an engine that is to run something has got it, or is on the way to. */
    boolean anyGetsOn() {
        return lanes.values().stream()
                .filter(Lane::wanted)
                .anyMatch(l -> stands(l, Standing.READY) || stands(l, Standing.WORKING));
    }

    /** Whether nothing is left to do on that engine. */
    boolean ready(String engine) {
        return find(engine).filter(l -> stands(l, Standing.READY)).isPresent();
    }

    /** Whether one is ready but for the names that it withholds. */
    boolean withheld() {
        return lanes.values().stream()
                .anyMatch(l -> stands(l, Standing.READY) && l.report().actions() > 0);
    }

    /** The engines that stand so. */
    Stream<String> names(Predicate<LaneReport> so) {
        return lanes.values().stream()
                .filter(l -> l.standing().filter(so).isPresent())
                .map(Lane::name);
    }

    /** Whether all were ready at a look since then, but for those that do not answer. */
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

    /** What those say that stand so, each with its engine's name if it needs one. */
    String whys(Standing standing) {
        return lanes.values().stream()
                .filter(l -> stands(l, standing))
                .map(l -> named(l, l.report().why()))
                .distinct()
                .collect(Collectors.joining("; "));
    }

    /** Why those do not answer that are to run something. */
    String whyAway() {
        return lanes.values().stream()
                .filter(l -> l.wanted() && stands(l, Standing.AWAY))
                .map(l -> named(l, l.report().why()))
                .collect(Collectors.joining("; "));
    }

    /** A text with the engine's name in front, where there are several. */
    String named(Lane lane, String text) {
        return lanes.size() == 1 || text.isEmpty() || text.contains(lane.name())
                ? text
                : lane.name() + ": " + text;
    }

    /** What the lanes are waiting for. */
    String doing() {
        return lanes.values().stream()
                .filter(l -> l.standing().isPresent() && !l.report().doing().isEmpty())
                .map(l -> named(l, l.report().doing()))
                .collect(Collectors.joining("; "));
    }

    /** The least that one has left of the deadline. */
    Duration progressLeft(Duration otherwise) {
        return lanes.values().stream()
                .flatMap(l -> l.standing().stream())
                .filter(r -> r.standing() != Standing.AWAY)
                .map(LaneReport::progressLeft)
                .min(Duration::compareTo)
                .orElse(otherwise);
    }

    /** How many actions the plans have. */
    int actions() {
        return lanes.values().stream()
                .flatMap(l -> l.standing().stream())
                .mapToInt(LaneReport::actions)
                .sum();
    }

    /** The most tries in a row that failed on one engine. */
    int troubles() {
        return lanes.values().stream()
                .filter(l -> stands(l, Standing.TROUBLED))
                .mapToInt(l -> l.report().troubles())
                .max()
                .orElse(0);
    }
}
