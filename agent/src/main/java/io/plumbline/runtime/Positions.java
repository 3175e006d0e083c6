package io.plumbline.runtime;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Move;
import io.plumbline.core.placement.MoveBreaker;
import io.plumbline.core.placement.Placed;
import io.plumbline.core.release.Release;
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
import java.util.stream.Stream;

/**
 * Where a pipeline belongs: decides it, writes decisions down before they are carried out, and says
 * what each engine is to run meanwhile. The pipeline's thread only.
 */
final class Positions {
    private final World world;
    private final Sites sites;
    private final Journal journal;
    private MoveBreaker breaker;

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

    /** Decides where a release is brought, for a deployment or on the way back. */
    Placed bring(Release release) {
        var placed = look(release);
        if (placed.blocker().isEmpty()) {
            decide(release, placed, journal.state().where().goal(release.id()));
        }
        return placed;
    }

    /**
     * Decides whether a release at rest has to move, and begins that.
     *
     * @return where it belongs
     */
    Placed keep(Release release) {
        var state = journal.state();
        var placed = look(release);
        var before = state.where().current(release.id());
        if (placed.blocker().isPresent() || placed.assignment().equals(before)) {
            return placed;
        }
        if (state.where().placed().equals(Assignment.EMPTY)) {
            // Written by an older version, or what runs was taken up: this is where it is.
            arrive(placed.assignment(), Stream.of());
            return placed;
        }
        decide(release, placed, before);
        var gaining = gaining(state.where().placed(), placed.assignment());
        var now = journal.state();
        write(now, now.where().withLate(Stream.concat(now.where().late().stream(), gaining)));
        return placed;
    }

    private void decide(
            Release release, Placed placed, @org.jspecify.annotations.Nullable Assignment before) {
        if (placed.assignment().equals(before)) {
            return;
        }
        var state = journal.state();
        breaker = breaker.after(placed.moves(), now());
        var where =
                state.where()
                        .bringing(release.id(), placed.assignment())
                        .withMoves(breaker.ages(now()));
        var next = state.with(x -> x.where = where);
        journal.write(
                new Transition(
                        next,
                        sites.several() ? told(next, placed, state.where().placed()) : List.of()));
    }

    /** All of the first decision, of a later one what it changes. */
    private List<PipelineEvent> told(PipelineState s, Placed placed, Assignment before) {
        var out = new ArrayList<PipelineEvent>();
        for (Move m : placed.moves()) {
            out.add(event(s, m.to(), m.service(), "Moved", m.from(), m.to(), m.reason()));
        }
        for (var c : placed.choices()) {
            int had = before.replicas(c.engine(), c.service());
            if (before.equals(Assignment.EMPTY) || had != c.replicas()) {
                var from = Integer.toString(had);
                var to = Integer.toString(c.replicas());
                out.add(event(s, c.engine(), c.service(), "Placed", from, to, c.reason()));
            }
        }
        return List.copyOf(out);
    }

    private PipelineEvent event(
            PipelineState s,
            String engine,
            String service,
            String type,
            String from,
            String to,
            String reason) {
        var d = s.deployment();
        return new PipelineEvent(
                0,
                world.ticker().now(),
                s.pipeline(),
                d == null ? "" : d.id(),
                engine,
                service,
                type,
                "replicas",
                from,
                to,
                reason);
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
     * What each engine is to run of a release at rest: while it moves, what leaves an engine that
     * answers goes on there until it is up where it goes.
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
                int now =
                        sites.lost(release, engine) ? 0 : where.placed().replicas(engine, s.name());
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

    /** Whether the deployed release is on its way to other engines. */
    boolean moving(Release release) {
        return journal.state().where().goal(release.id()) != null;
    }

    /** The decision is carried out; these engines have not got what is desired yet. */
    void arrive(Assignment at, Stream<String> late) {
        var state = journal.state();
        write(state, state.where().arrived(at).withLate(late));
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
                                                event(
                                                        next,
                                                        e,
                                                        "",
                                                        "CaughtUp",
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
