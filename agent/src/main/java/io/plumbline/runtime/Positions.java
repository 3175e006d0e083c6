package io.plumbline.runtime;

import static java.util.stream.Collectors.toSet;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Move;
import io.plumbline.core.placement.MoveBreaker;
import io.plumbline.core.placement.Placed;
import io.plumbline.core.placement.Problem;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Transition;
import io.plumbline.core.rollout.Whereabouts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a pipeline belongs: decides it, writes decisions down before they are carried out, and says
 * what each engine is to run meanwhile. The pipeline's thread only.
 */
final class Positions {
    private final World world;
    private final Sites sites;
    private final Journal journal;
    private MoveBreaker breaker;
    private Set<String> stays = Set.of();

    Positions(World world, Sites sites, Journal journal) {
        this.world = world;
        this.sites = sites;
        this.journal = journal;
        this.breaker = MoveBreaker.of(journal.state().where().moves(), now());
    }

    private Duration now() {
        return Duration.ofNanos(world.ticker().nanos());
    }

    /** Where a release would be brought now, without deciding it. */
    Placed look(Release release) {
        var where = journal.state().where();
        var current = where.current(release.id());
        return sites.place(
                release,
                current.equals(Assignment.EMPTY) ? sites.found(release) : current,
                breaker.held(now()));
    }

    /** Decides where a release is brought by a deployment. */
    Placed bring(Release release) {
        return decided(release, () -> journal.state().where().goal(release.id()), false);
    }

    /**
     * Decides where a release is brought on the way back. Where it never left nothing is decided:
     * what it takes the place of keeps its own decision, for when it cannot be gone back.
     */
    Placed bringBack(Release release) {
        boolean never = release.id().equals(journal.state().deployed());
        return decided(
                release,
                () -> {
                    var where = journal.state().where();
                    var goal = where.goal(release.id());
                    return goal == null && never ? where.placed() : goal;
                },
                false);
    }

    /**
     * Decides whether a release at rest has to move, and begins that.
     *
     * @return where it belongs
     */
    Placed keep(Release release) {
        if (journal.state().where().placed().equals(Assignment.EMPTY)) {
            var placed = look(release);
            if (placed.blocker().isEmpty()) {
                // Written by an older version, or what runs was taken up: this is where it is.
                arrive(placed.assignment(), journal.state().where().late().stream());
            }
            return placed;
        }
        var placed = decided(release, () -> journal.state().where().current(release.id()), true);
        tellWhatStays(placed);
        return placed;
    }

    /**
     * One pipeline at a time, so that two do not take the same room; but most of the time there is
     * nothing to decide, and nobody waits for anybody.
     *
     * @param gaining whether who gains something is late until it is there
     */
    private Placed decided(
            Release release, Supplier<@Nullable Assignment> before, boolean gaining) {
        var placed = look(release);
        if (placed.blocker().isPresent() || placed.assignment().equals(before.get())) {
            return placed;
        }
        return world.claims()
                .alone(
                        () -> {
                            var now = look(release);
                            if (now.blocker().isEmpty() && !now.assignment().equals(before.get())) {
                                decide(release, now, gaining);
                            }
                            return now;
                        });
    }

    private void decide(Release release, Placed placed, boolean gaining) {
        var state = journal.state();
        breaker = breaker.after(placed.moves(), now());
        var deployed = state.deployed();
        var before = deployed == null ? state.where() : state.where().carried(deployed);
        var more = gaining ? gaining(before.placed(), placed.assignment()) : Stream.<String>of();
        var bringing = before.bringing(release.id(), placed.assignment());
        var where =
                bringing.withMoves(breaker.ages(now()))
                        .withLate(Stream.concat(bringing.late().stream(), more));
        var next = state.with(x -> x.where = where);
        journal.write(
                new Transition(
                        next, sites.several() ? told(next, placed, before.placed()) : List.of()));
    }

    /** All of the first decision, of a later one what it changes. */
    private List<PipelineEvent> told(PipelineState s, Placed placed, Assignment before) {
        var out = new ArrayList<PipelineEvent>();
        for (Move m : placed.moves()) {
            out.add(
                    journal.event(
                            s,
                            m.to(),
                            EventType.MOVED,
                            m.service(),
                            "engine",
                            m.from(),
                            m.to(),
                            m.reason()));
        }
        for (var c : placed.choices()) {
            int had = before.replicas(c.engine(), c.service());
            if (before.equals(Assignment.EMPTY) || had != c.replicas()) {
                var from = Integer.toString(had);
                var to = Integer.toString(c.replicas());
                out.add(
                        journal.event(
                                s,
                                c.engine(),
                                EventType.PLACED,
                                c.service(),
                                "replicas",
                                from,
                                to,
                                c.reason()));
            }
        }
        return List.copyOf(out);
    }

    /** A reason to leave that could not be followed is told once, as long as it holds. */
    private void tellWhatStays(Placed placed) {
        var now = placed.problems().stream().map(Problem::text).collect(toSet());
        placed.problems().stream()
                .filter(p -> !stays.contains(p.text()))
                .forEach(
                        p ->
                                journal.tell(
                                        "",
                                        EventType.PLACEMENT_STUCK,
                                        p.service(),
                                        "engine",
                                        "",
                                        "",
                                        p.text()));
        stays = now;
    }

    /** Engines on which a service has more replicas than before. */
    static Stream<String> gaining(Assignment before, Assignment after) {
        return after.counts().entrySet().stream()
                .filter(
                        e ->
                                e.getValue().entrySet().stream()
                                        .anyMatch(
                                                s ->
                                                        s.getValue()
                                                                > before.replicas(
                                                                        e.getKey(), s.getKey())))
                .map(Map.Entry::getKey);
    }

    /**
     * What each engine is to run of a release at rest: while it moves, what leaves an engine goes
     * on there until it is up where it goes, also where a lost one returns before that.
     */
    Assignment meanwhile(Release release) {
        var where = journal.state().where();
        var goal = where.goal(release.id());
        if (goal == null) {
            return where.placed();
        }
        var counts = new TreeMap<String, SortedMap<String, Integer>>();
        for (var engine : union(where.placed(), goal)) {
            var of = new TreeMap<String, Integer>();
            for (var s : release.services()) {
                int then = goal.replicas(engine, s.name());
                int now = where.placed().replicas(engine, s.name());
                of.put(s.name(), Math.max(then, now));
            }
            counts.put(engine, of);
        }
        return new Assignment(counts);
    }

    private static Set<String> union(Assignment a, Assignment b) {
        var all = new TreeSet<>(a.engines());
        all.addAll(b.engines());
        return all;
    }

    /** The decision is carried out; these engines have not got what is desired yet. */
    void arrive(Assignment at, Stream<String> late) {
        var state = journal.state();
        write(state, state.where().arrived(at).withLate(late));
    }

    /** These engines have not got what is desired. */
    void late(Stream<String> engines) {
        var state = journal.state();
        write(state, state.where().withLate(engines));
    }

    /** These engines have got what is desired. */
    void caughtUp(List<String> engines) {
        var state = journal.state();
        var late = state.where().late().stream().filter(e -> !engines.contains(e));
        var next = state.with(x -> x.where = state.where().withLate(late));
        journal.write(
                new Transition(
                        next,
                        engines.stream()
                                .map(
                                        e ->
                                                journal.event(
                                                        next,
                                                        e,
                                                        EventType.CAUGHT_UP,
                                                        "",
                                                        "",
                                                        "",
                                                        "",
                                                        "engine " + e + " has what is desired"))
                                .toList()));
    }

    private void write(PipelineState state, Whereabouts where) {
        if (!where.equals(state.where())) {
            journal.write(Transition.none(state.with(x -> x.where = where)));
        }
    }

    /** When to look again although nothing happens: an engine is lost, or a breaker is closed. */
    Optional<Duration> again(Release release) {
        return Stream.concat(sites.untilLost(release).stream(), breaker.wakeUp(now()).stream())
                .min(Duration::compareTo);
    }
}
