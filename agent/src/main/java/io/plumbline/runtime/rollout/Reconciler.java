package io.plumbline.runtime.rollout;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.placement.PlacementResult;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.HealthAcks;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Transition;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.runtime.apply.EngineReconciler;
import io.plumbline.runtime.apply.EngineTarget;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.Releases;
import io.plumbline.runtime.state.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The reconciler of one pipeline on all its engines. A pass:
 *
 * <ol>
 *   <li>takes the aim of the state, which has followed the head ({@link
 *       RolloutStateMachine#follow});
 *   <li>orders each engine's {@link EngineReconciler} to work towards it, or only to observe;
 *   <li>changes the state by the engine reconcilers' reports. The release's own fault ends a
 *       rollout; another failure postpones it. If nothing is left to do on any engine, a rollout
 *       soaks, a revert ends, and otherwise the pipeline is at rest.
 * </ol>
 *
 * <p>A pass never waits: it decides on the reports that exist by then, and a report with news wakes
 * it. The next pass finds again whatever is lost between two passes, because the state is in the
 * ledger and on the engines. One thread only.
 */
public final class Reconciler implements AutoCloseable {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration IDLE = EngineReconciler.IDLE;

    private final World world;
    private final Journal journal;
    private final Releases releases;
    private final PipelineEngines engineReconcilers;
    private final PlacementDecider positions;
    private final Course course;
    private final RolloutPhase up;
    private final RevertPhase back;

    public Reconciler(Course course) {
        this.course = course;
        this.world = course.world;
        this.journal = course.journal;
        this.releases = course.releases;
        this.engineReconcilers = course.engineReconcilers;
        this.positions = course.positions;
        this.up = new RolloutPhase(course);
        this.back = new RevertPhase(course);
    }

    public Releases releases() {
        return releases;
    }

    public PipelineEngines engineReconcilers() {
        return engineReconcilers;
    }

    /** Returns what blocks the pipeline, for the snapshot. */
    public String blocked() {
        return course.blocked();
    }

    /** Returns what the pipeline waits for, for the snapshot. */
    public String doing() {
        return course.doing();
    }

    public List<Drift> drift() {
        return engineReconcilers.all().stream().flatMap(l -> l.report().drift().stream()).toList();
    }

    public @Nullable String contested() {
        for (var engineReconciler : engineReconcilers.all()) {
            var contested = engineReconciler.report().contested();
            if (contested != null) {
                return engineReconcilers.named(engineReconciler, contested);
            }
        }
        return null;
    }

    /** Ends the waits for retries, because an operator asks for one. */
    public void tryAgain() {
        course.tryAgain();
    }

    /** Whether the wait for the next attempt is over. */
    public boolean retryDue() {
        return course.retryDue();
    }

    public boolean soaking() {
        return course.soakSince() != null;
    }

    /** Whether an obstacle stopped the revert or rollback in the last pass. */
    public boolean hindered() {
        return course.hindered();
    }

    @Override
    public void close() {
        course.close();
    }

    /** Makes a pass; returns how long to wait for the next. */
    public Duration pass() {
        var state = journal.state();
        var aim = RolloutStateMachine.aim(state);
        course.enter(aim, state);
        course.begin();
        if (!(aim instanceof Directive.Keep)) {
            course.healthRestarts.clear();
        }
        var again = lead(aim, state);
        course.remember();
        return again;
    }

    private Duration lead(Directive aim, PipelineState state) {
        return switch (aim) {
            case Directive.Leave _ -> leave(state);
            case Directive.Nothing n -> back.nothing(n, state);
            case Directive.RollOut r ->
                    inTime(releases.get(r.release()), x -> up.rollOut(r, x, state));
            case Directive.GoBack g ->
                    inTime(releases.get(g.release()), x -> back.goBack(g, x, state));
            case Directive.Settle s -> back.settle(s, releases.get(s.release()), state);
            case Directive.Keep k -> inTime(releases.get(k.release()), x -> keep(k, x));
        };
    }

    /**
     * Asks when an engine counts as lost before anything is decided, so that a time that passes
     * meanwhile is not missed.
     */
    private Duration inTime(Release release, Function<Release, Duration> way) {
        var due = positions.again(release).orElse(IDLE);
        var again = way.apply(release);
        return again.compareTo(due) < 0 ? again : due;
    }

    /** Returns the order for the preview of a plan: this release with this policy, now. */
    EngineTarget preview(Release release, PlanPolicy policy, String engine) {
        return course.orders.preview(release, policy, engine, journal.state());
    }

    /** Starts an engine reconciler for each engine that concerns a release. */
    void concern(Release release) {
        course.orders.concern(release, journal.state());
    }

    /** Returns where a release would run after a rollback now. */
    public PlacementResult whereTo(Release release) {
        return positions.look(release);
    }

    /** Returns the last observation of each engine that concerns the pipeline. */
    public List<Snapshot.Look> looks() {
        return course.orders.looks(journal.state());
    }

    /**
     * Writes the loss and return of health. Only at rest, because a deployment judges the
     * containers that it starts or leaves.
     */
    public void watchHealth() {
        journal.write(HealthAcks.expire(journal.state(), world.ticker().now()));
        var state = journal.state();
        boolean rest =
                switch (RolloutStateMachine.aim(state)) {
                    case Directive.Keep _ -> true;
                    case Directive.Leave _ ->
                            state.deployed() != null
                                    && state.settled()
                                    && state.active().isEmpty()
                                    && state.gone() == PipelineState.Gone.NO;
                    case Directive.Nothing _,
                            Directive.RollOut _,
                            Directive.GoBack _,
                            Directive.Settle _ ->
                            false;
                };
        if (rest) {
            var engines =
                    engineReconcilers.all().stream().map(EngineReconciler::name).collect(toSet());
            journal.write(
                    HealthWatch.look(
                            state, engineReconcilers.seen(), engines, world.ticker().now()));
        }
    }

    private Duration leave(PipelineState state) {
        var shown = releases.find(state.deployed());
        course.lookOnly(shown == null ? releases.nothing() : shown, state);
        var waits = state.active().filter(d -> d.retryIn() != null);
        return state.paused() == null && waits.isPresent() ? course.untilRetry(waits.get()) : IDLE;
    }

    private Duration keep(Directive aim, Release release) {
        var denied = course.denied(release);
        boolean may = denied.isEmpty();
        moved(release);
        if (may) {
            course.healthRestarts.look(release, engineReconcilers.seen());
        } else {
            course.healthRestarts.clear();
        }
        var placed = positions.keep(release);
        var now = journal.state();
        course.order(
                new DesiredState(
                        aim,
                        release,
                        positions.meanwhile(release),
                        PlanPolicy.STEADY,
                        course.kept(release, now),
                        _ -> may),
                now);
        if (!now.line().contains(release.id()) && engineReconcilers.healthy()) {
            journal.write(prove(now, release));
            return NOW;
        }
        if (engineReconcilers.all().stream().anyMatch(l -> l.report().secretsChanged())) {
            var ready = new Head.Ready(releases.commitOf(release.id()), release);
            journal.write(
                    RolloutStateMachine.begin(
                            now,
                            ready,
                            Trigger.SECRET,
                            "agent",
                            "a secret has a new value",
                            journal.moment(false, false)));
            return NOW;
        }
        var missing =
                Secrets.names(release).isEmpty()
                        ? ""
                        : String.join("; ", world.secrets().hashes(release).problems());
        var stuck = placed.problems().stream().map(PlacementProblem::text).collect(joining("; "));
        var inTheWay = Course.joined(Course.joined(missing, stuck), course.inTheWay());
        course.blocked(Course.joined(denied.orElse(""), inTheWay));
        return IDLE;
    }

    /** Starts the soak of an adopted release that failed its first one and is healthy now. */
    private Transition prove(PipelineState now, Release release) {
        var ready = new Head.Ready(releases.commitOf(release.id()), release);
        var why = "it was adopted and is healthy; it soaks";
        var moment = journal.moment(false, false);
        return RolloutStateMachine.begin(
                now, ready, Trigger.ADOPTED, RolloutStateMachine.AGENT, why, moment);
    }

    /** Records the engines that were late and caught up, and a release that moved. */
    private void moved(Release release) {
        var where = journal.state().where();
        var late =
                where.late().stream()
                        .filter(
                                e ->
                                        engineReconcilers
                                                .find(e)
                                                .filter(l -> l.caughtUp(course.leg()))
                                                .isPresent())
                        .toList();
        if (!late.isEmpty()) {
            positions.caughtUp(late);
        }
        var goal = where.goal(release.id());
        if (goal != null) {
            var waits = journal.state().where().late();
            // Where each engine has all replicas, none replaces another's.
            boolean there =
                    !release.placement().strategy().total()
                            || PlacementDecider.gaining(where.placed(), goal)
                                    .noneMatch(waits::contains);
            if (there) {
                var losing = PlacementDecider.gaining(goal, where.placed());
                positions.arrive(goal, Stream.concat(course.behind(Stream.of()), losing));
            }
        }
    }
}
