package io.plumbline.runtime;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import io.plumbline.core.placement.Placed;
import io.plumbline.core.placement.Problem;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Aim;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.HealthAcks;
import io.plumbline.core.rollout.HealthWatch;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.core.rollout.Transition;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.runtime.Orders.Wish;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One pipeline, led towards what it should be on all its engines. A pass:
 *
 * <ol>
 *   <li>The state followed the head ({@link Rollout#follow}); what it should lead to is the aim.
 *   <li>Each engine's {@link Lane} is ordered to lead there, or only to look.
 *   <li>What the lanes report together moves the state: a fault of the release's own ends the way
 *       up, trouble of nobody's fault postpones it; nothing left to do anywhere lets the soak run
 *       on the way up, ends the way back, and is rest otherwise.
 * </ol>
 *
 * <p>A pass waits for nobody: it decides on what is reported by then, and every report that says
 * something new wakes it. Whatever is lost between two passes is found again by the next: what
 * counts is in the ledger and on the engines. One thread only.
 */
final class Reconciler implements AutoCloseable {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration IDLE = Lane.IDLE;

    private final World world;
    private final Journal journal;
    private final Releases releases;
    private final PipelineLanes lanes;
    private final Positions positions;
    private final Course course;
    private final WayUp up;
    private final WayBack back;

    Reconciler(Course course) {
        this.course = course;
        this.world = course.world;
        this.journal = course.journal;
        this.releases = course.releases;
        this.lanes = course.lanes;
        this.positions = course.positions;
        this.up = new WayUp(course);
        this.back = new WayBack(course);
    }

    Releases releases() {
        return releases;
    }

    PipelineLanes lanes() {
        return lanes;
    }

    /** What is in the way, for the snapshot. */
    String blocked() {
        return course.blocked();
    }

    /** What is being waited for, for the snapshot. */
    String doing() {
        return course.doing();
    }

    List<Drift> drift() {
        return lanes.all().stream().flatMap(l -> l.report().drift().stream()).toList();
    }

    @Nullable String contested() {
        for (var lane : lanes.all()) {
            var contested = lane.report().contested();
            if (contested != null) {
                return lanes.named(lane, contested);
            }
        }
        return null;
    }

    /** An operator asks to try again now. */
    void tryAgain() {
        course.tryAgain();
    }

    /** Whether the wait for the next try is over. */
    boolean retryDue() {
        return course.retryDue();
    }

    boolean soaking() {
        return course.soakSince() != null;
    }

    /** Whether going back could not be completed at the last pass. */
    boolean hindered() {
        return course.hindered();
    }

    @Override
    public void close() {
        course.close();
    }

    /** Makes the next pass. */
    Duration pass() {
        var state = journal.state();
        var aim = Rollout.aim(state);
        course.enter(aim, state);
        course.begin();
        if (!(aim instanceof Aim.Keep)) {
            course.healthRestarts.clear();
        }
        var again = lead(aim, state);
        course.remember();
        return again;
    }

    private Duration lead(Aim aim, PipelineState state) {
        return switch (aim) {
            case Aim.Leave _ -> leave(state);
            case Aim.Nothing n -> back.nothing(n, state);
            case Aim.RollOut r -> inTime(releases.get(r.release()), x -> up.rollOut(r, x, state));
            case Aim.GoBack g -> inTime(releases.get(g.release()), x -> back.goBack(g, x, state));
            case Aim.Settle s -> back.settle(s, releases.get(s.release()), state);
            case Aim.Keep k -> inTime(releases.get(k.release()), x -> keep(k, x));
        };
    }

    /**
     * When an engine counts as lost is asked before anything is decided: what becomes due meanwhile
     * is not missed.
     */
    private Duration inTime(Release release, Function<Release, Duration> way) {
        var due = positions.again(release).orElse(IDLE);
        var again = way.apply(release);
        return again.compareTo(due) < 0 ? again : due;
    }

    /** The order that a plan for people is made of: this release with this policy, now. */
    LaneOrder preview(Release release, PlanPolicy policy, String engine) {
        return course.orders.preview(release, policy, engine, journal.state());
    }

    /** Sees to it that each engine that a release concerns has its lane. */
    void concern(Release release) {
        course.orders.concern(release, journal.state());
    }

    /** Where a release would run if it were gone back to now. */
    Placed whereTo(Release release) {
        return positions.look(release);
    }

    /** What was seen on each engine that concerns the pipeline. */
    List<Snapshot.Look> looks() {
        return course.orders.looks(journal.state());
    }

    /**
     * Tells loss and return of health. Only at rest: what a deployment starts or leaves is judged
     * by the deployment.
     */
    void watchHealth() {
        journal.write(HealthAcks.expire(journal.state(), world.ticker().now()));
        var state = journal.state();
        boolean rest =
                switch (Rollout.aim(state)) {
                    case Aim.Keep _ -> true;
                    case Aim.Leave _ ->
                            state.deployed() != null
                                    && state.settled()
                                    && state.active().isEmpty()
                                    && state.gone() == PipelineState.Gone.NO;
                    case Aim.Nothing _, Aim.RollOut _, Aim.GoBack _, Aim.Settle _ -> false;
                };
        if (rest) {
            var engines = lanes.all().stream().map(Lane::name).collect(toSet());
            journal.write(HealthWatch.look(state, lanes.seen(), engines, world.ticker().now()));
        }
    }

    private Duration leave(PipelineState state) {
        var shown = releases.find(state.deployed());
        course.lookOnly(shown == null ? releases.nothing() : shown, state);
        var waits = state.active().filter(d -> d.retryIn() != null);
        return state.paused() == null && waits.isPresent() ? course.untilRetry(waits.get()) : IDLE;
    }

    private Duration keep(Aim aim, Release release) {
        var denied = course.denied(release);
        boolean may = denied.isEmpty();
        moved(release);
        if (may) {
            course.healthRestarts.look(release, lanes.seen());
        } else {
            course.healthRestarts.clear();
        }
        var placed = positions.keep(release);
        var now = journal.state();
        course.order(
                new Wish(
                        aim,
                        release,
                        positions.meanwhile(release),
                        PlanPolicy.STEADY,
                        course.kept(release, now),
                        _ -> may),
                now);
        if (!now.line().contains(release.id()) && lanes.healthy()) {
            journal.write(prove(now, release));
            return NOW;
        }
        if (lanes.all().stream().anyMatch(l -> l.report().secretsChanged())) {
            var ready = new Head.Ready(releases.commitOf(release.id()), release);
            journal.write(
                    Rollout.begin(
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
        var stuck = placed.problems().stream().map(Problem::text).collect(joining("; "));
        var inTheWay = Course.joined(Course.joined(missing, stuck), course.inTheWay());
        course.blocked(Course.joined(denied.orElse(""), inTheWay));
        return IDLE;
    }

    /** What was adopted and failed its soak is healthy by now: it may become stable. */
    private Transition prove(PipelineState now, Release release) {
        var ready = new Head.Ready(releases.commitOf(release.id()), release);
        var why = "it was adopted and is healthy; it soaks";
        var moment = journal.moment(false, false);
        return Rollout.begin(now, ready, Trigger.ADOPTED, Rollout.AGENT, why, moment);
    }

    /** What has got where it belongs: an engine that was late, a release that moved. */
    private void moved(Release release) {
        var where = journal.state().where();
        var late =
                where.late().stream()
                        .filter(
                                e ->
                                        lanes.find(e)
                                                .filter(l -> l.caughtUp(course.leg()))
                                                .isPresent())
                        .toList();
        if (!late.isEmpty()) {
            positions.caughtUp(late);
        }
        var goal = where.goal(release.id());
        if (goal != null) {
            var waits = journal.state().where().late();
            // Where each engine has all replicas, none takes another's place.
            boolean there =
                    !release.placement().strategy().total()
                            || Positions.gaining(where.placed(), goal).noneMatch(waits::contains);
            if (there) {
                var losing = Positions.gaining(goal, where.placed());
                positions.arrive(goal, Stream.concat(course.behind(Stream.of()), losing));
            }
        }
    }
}
