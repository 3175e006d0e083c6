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
 * Where a pipeline belongs, as it was decided last: what the next decision departs from, so that
 * nothing moves without a reason. What runs is never in here: that is observed.
 *
 * @param placed of the deployed release
 * @param placing of a release on its way, or of the deployed one while it moves; null if neither
 * @param late engines that have not got yet what is desired: they were away, or gained something
 * @param moves how long ago each service left a lost engine, as written when the last one did
 */
public record Whereabouts(
        Assignment placed,
        @Nullable Placing placing,
        List<String> late,
        SortedMap<String, List<Duration>> moves) {

    /** Nothing was placed yet. */
    public static final Whereabouts NOWHERE =
            new Whereabouts(Assignment.EMPTY, null, List.of(), new TreeMap<>());

    /**
     * A decision that is being carried out.
     *
     * @param release whose
     * @param to where it belongs
     */
    public record Placing(String release, Assignment to) {}

    /** What the next decision about a release departs from. */
    public Assignment current(String release) {
        var p = placing;
        return p != null && p.release().equals(release) ? p.to() : placed;
    }

    /** Where a release is being brought, if it is. */
    public @Nullable Assignment goal(String release) {
        var p = placing;
        return p != null && p.release().equals(release) ? p.to() : null;
    }

    /**
     * The same with a decision that is about to be carried out. An engine that only the decision
     * before it knew is late: what was begun there, seen or not, is surplus.
     */
    public Whereabouts bringing(String release, Assignment to) {
        return new Whereabouts(placed, new Placing(release, to), late, moves)
                .withLate(Stream.concat(late.stream(), left(to)));
    }

    /** Engines that only the decision under way knows, where {@code to} takes its place. */
    public Stream<String> left(Assignment to) {
        var before = placing;
        return before == null
                ? Stream.of()
                : before.to().engines().stream().filter(e -> !to.uses(e) && !placed.uses(e));
    }

    /**
     * The same where what a release at rest has got by a move so far, on engines that are not late,
     * counts as placed: another decision may take it away only when that is up elsewhere.
     */
    public Whereabouts carried(String release) {
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
        return new Whereabouts(new Assignment(counts), placing, late, moves);
    }

    /** The same, with a decision carried out. */
    public Whereabouts arrived(Assignment at) {
        return new Whereabouts(at, null, late, moves);
    }

    /** The same with these engines late, in place of those that were. */
    public Whereabouts withLate(Stream<String> engines) {
        return new Whereabouts(placed, placing, engines.distinct().sorted().toList(), moves);
    }

    /** The same with other moves. */
    public Whereabouts withMoves(SortedMap<String, List<Duration>> others) {
        return new Whereabouts(placed, placing, late, others);
    }
}
