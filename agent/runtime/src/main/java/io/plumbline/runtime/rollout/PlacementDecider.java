package io.plumbline.runtime.rollout;

import static java.util.stream.Collectors.toSet;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Move;
import io.plumbline.core.placement.MoveBreaker;
import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.PlacementRecord;
import io.plumbline.core.rollout.Transition;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.placement.LastPlacements;
import io.plumbline.runtime.placement.PlacementView;
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
 * The placement of a pipeline. It decides which engine runs which replicas, writes each decision
 * before it is carried out, and returns what each engine runs meanwhile. The pipeline's thread
 * only.
 */
final class PlacementDecider {
    private final World world;
    private final PlacementView sites;
    private final Journal journal;
    private final LastPlacements placements = new LastPlacements();
    private MoveBreaker breaker;
    private Set<String> stays = Set.of();

    PlacementDecider(World world, PlacementView sites, Journal journal) {
        this.world = world;
        this.sites = sites;
        this.journal = journal;
        this.breaker = MoveBreaker.of(journal.state().where().moves(), now());
    }

    private Duration now() {
        return Duration.ofNanos(world.ticker().nanos());
    }

    /** Returns where a release would be placed now, without a decision. */
    PlacementResult look(Release release) {
        var where = journal.state().where();
        var current = where.current(release.id());
        return placements.of(
                release,
                sites.facts(release),
                current.equals(Assignment.EMPTY) ? sites.found(release) : current,
                breaker.held(now()));
    }

    /** Decides where a deployment places a release. */
    PlacementResult bring(Release release) {
        return decided(release, () -> journal.state().where().goal(release.id()), false);
    }

    /**
     * Decides where a revert or rollback places a release. There is no decision if the release is
     * still on all its engines. Then the replaced release keeps its own decision, in case the
     * revert fails.
     */
    PlacementResult bringBack(Release release) {
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
     * Decides whether a release at rest must move, and begins the move.
     *
     * @return the placement
     */
    PlacementResult keep(Release release) {
        if (journal.state().where().placed().equals(Assignment.EMPTY)) {
            var placed = look(release);
            if (placed.blocker().isEmpty()) {
                // An older version wrote this state, or the pipeline was adopted: this is the
                // current placement.
                arrive(placed.assignment(), journal.state().where().late().stream());
            }
            return placed;
        }
        var placed = decided(release, () -> journal.state().where().current(release.id()), true);
        tellWhatStays(placed);
        return placed;
    }

    /**
     * Decides while no other pipeline decides, so that two do not take the same capacity. Usually
     * there is nothing to decide, and no pipeline waits.
     *
     * @param gaining whether an engine that gets more replicas is late until they run
     */
    private PlacementResult decided(
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

    private void decide(Release release, PlacementResult placed, boolean gaining) {
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

    /** Returns events for the whole first decision, and for the changes of a later one. */
    private List<PipelineEvent> told(PipelineState s, PlacementResult placed, Assignment before) {
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

    /** Writes an event, once, for each problem that keeps a replica on its engine. */
    private void tellWhatStays(PlacementResult placed) {
        var now = placed.problems().stream().map(PlacementProblem::text).collect(toSet());
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

    /** Returns the engines on which a service has more replicas than before. */
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
     * Returns the replicas of a release at rest on each engine. During a move, the replicas on the
     * old engine stay until those on the new one run. This holds also if a lost engine returns
     * before that.
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

    /** Returns these engines and those that are late or unreachable, without the ready ones. */
    Stream<String> behind(PipelineEngines engines, Stream<String> more) {
        var late =
                Stream.concat(
                        journal.state().where().late().stream(),
                        engines.names(PipelineEngines::away));
        return Stream.concat(late, more).filter(e -> sites.has(e) && !engines.serves(e));
    }

    /** Records that the decision is carried out; the given engines are still late. */
    void arrive(Assignment at, Stream<String> late) {
        var state = journal.state();
        write(state, state.where().arrived(at).withLate(late));
    }

    /** Records that these engines do not have the desired state yet. */
    void late(Stream<String> engines) {
        var state = journal.state();
        write(state, state.where().withLate(engines));
    }

    /** Records that these engines have the desired state. */
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

    private void write(PipelineState state, PlacementRecord where) {
        if (!where.equals(state.where())) {
            journal.write(Transition.none(state.with(x -> x.where = where)));
        }
    }

    /**
     * Returns when to look again without an event: an engine counts as lost, or a move breaker
     * closes.
     */
    Optional<Duration> again(Release release) {
        return Stream.concat(sites.untilLost(release).stream(), breaker.wakeUp(now()).stream())
                .min(Duration::compareTo);
    }
}
