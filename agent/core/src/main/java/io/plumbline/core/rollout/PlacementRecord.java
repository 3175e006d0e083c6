package io.plumbline.core.rollout;

import io.plumbline.core.placement.Assignment;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The recorded placement of a pipeline. The next decision starts from it, so that nothing moves
 * without a reason. It does not contain the running containers, because they are observed.
 *
 * @param placed the placement of the deployed release
 * @param placing the placement of a release in deployment, or of the deployed one while it moves;
 *     null if neither
 * @param late engines that do not have the desired state yet, because they were unreachable or got
 *     more replicas
 * @param moves how long ago each service left a lost engine, as written at the last move
 */
public record PlacementRecord(
        Assignment placed,
        @Nullable Placing placing,
        List<String> late,
        SortedMap<String, List<Duration>> moves) {

    /** Nothing is placed yet. */
    public static final PlacementRecord NOWHERE =
            new PlacementRecord(Assignment.EMPTY, null, List.of(), new TreeMap<>());

    /**
     * A decision that is being carried out.
     *
     * @param release the release
     * @param to its new placement
     */
    public record Placing(String release, Assignment to) {}

    /** Returns the placement from which the next decision about a release starts. */
    public Assignment current(String release) {
        var p = placing;
        return p != null && p.release().equals(release) ? p.to() : placed;
    }

    /** Returns the new placement of a release, null if it has none. */
    public @Nullable Assignment goal(String release) {
        var p = placing;
        return p != null && p.release().equals(release) ? p.to() : null;
    }

    /**
     * Returns the record with a decision that is about to be carried out. An engine that only the
     * previous decision used is late, because what was started there is surplus.
     */
    public PlacementRecord bringing(String release, Assignment to) {
        return new PlacementRecord(placed, new Placing(release, to), late, moves)
                .withLate(Stream.concat(late.stream(), left(to)));
    }

    /** Returns the engines that only the current decision uses, if {@code to} replaces it. */
    public Stream<String> left(Assignment to) {
        var before = placing;
        return before == null
                ? Stream.of()
                : before.to().engines().stream().filter(e -> !to.uses(e) && !placed.uses(e));
    }

    /**
     * Returns the record in which the finished part of a move counts as placed: replicas on engines
     * that are not late. Another decision may remove them only when they run elsewhere.
     */
    public PlacementRecord carried(String release) {
        var goal = goal(release);
        if (goal == null) {
            return this;
        }
        var counts = new TreeMap<String, SortedMap<String, Integer>>(placed.counts());
        goal.counts()
                .forEach(
                        (engine, services) -> {
                            if (!late.contains(engine)) {
                                var of = new TreeMap<String, Integer>(services);
                                counts.getOrDefault(engine, Collections.emptySortedMap())
                                        .forEach((s, n) -> of.merge(s, n, Math::max));
                                counts.put(engine, of);
                            }
                        });
        return new PlacementRecord(new Assignment(counts), placing, late, moves);
    }

    /** Returns the record with a decision that is carried out. */
    public PlacementRecord arrived(Assignment at) {
        return new PlacementRecord(at, null, late, moves);
    }

    /** Returns the record with these late engines instead. */
    public PlacementRecord withLate(Stream<String> engines) {
        return new PlacementRecord(placed, placing, engines.distinct().sorted().toList(), moves);
    }

    /** Returns the record with other moves. */
    public PlacementRecord withMoves(SortedMap<String, List<Duration>> others) {
        return new PlacementRecord(placed, placing, late, others);
    }
}
