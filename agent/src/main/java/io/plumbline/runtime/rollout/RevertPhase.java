package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Revert;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.runtime.apply.EngineProgress;
import io.plumbline.runtime.apply.EngineProgress.Standing;
import io.plumbline.runtime.apply.EngineReconciler;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The return to an earlier release, or to no release, by a revert or a rollback. It also stops what
 * a deployment left behind. One thread only.
 */
final class RevertPhase {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration IDLE = EngineReconciler.IDLE;
    private static final int TRIES = 6;

    private final Course course;
    private final World world;
    private final Journal journal;
    private final PipelineEngines engineReconcilers;
    private final PlacementDecider positions;

    RevertPhase(Course course) {
        this.course = course;
        this.world = course.world;
        this.journal = course.journal;
        this.engineReconcilers = course.engineReconcilers;
        this.positions = course.positions;
    }

    /** Makes the next step of a return to a release. */
    Duration goBack(Directive aim, Release release, PipelineState state) {
        var denied = course.denied(release);
        if (denied.isPresent()) {
            course.blocked(denied.get());
            course.hinder();
            course.lookOnly(release, state);
            return IDLE;
        }
        var d = Objects.requireNonNull(state.deployment());
        var placed = positions.bringBack(release);
        if (placed.blocker().isPresent()) {
            return nowhere(placed.blocker().get(), d, release);
        }
        var where = placed.assignment();
        var now = journal.state();
        // Replicas that move to another engine stay here until the new ones are healthy.
        boolean there = engineReconcilers.served(course.leg(), where, RevertPhase::leftOut);
        course.order(
                new DesiredState(
                        aim,
                        release,
                        where,
                        back(release, now),
                        course.kept(release, now),
                        e -> there || where.uses(e)),
                now);
        var fault = engineReconcilers.first(Standing.FAULT);
        if (fault.isPresent()) {
            return course.ownFault(
                    engineReconcilers.named(fault.get(), fault.get().report().why()),
                    fault.get().evidence(),
                    release,
                    now);
        }
        if (Revert.putsBack(now)
                && engineReconcilers.troubles() >= TRIES
                && !engineReconcilers.anyGetsOn()) {
            return course.ownFault(engineReconcilers.whys(Standing.TROUBLED), release, now);
        }
        if (!engineReconcilers.ready(RevertPhase::leftOut)) {
            hindered(d);
            return IDLE;
        }
        if (d.state() == DeploymentState.REVERT_FAILED) {
            positions.arrive(where, course.behind(engineReconcilers.names(RevertPhase::leftOut)));
            journal.write(Revert.recovered(journal.state(), world.ticker().now()));
            return NOW;
        }
        if (d.state() != DeploymentState.REVERTING) {
            return course.untilRetry(d);
        }
        world.telemetry()
                .rollbackFinished(
                        d.trigger() == Trigger.ROLLBACK ? "operator" : "failure",
                        Duration.ofNanos(world.ticker().nanos() - course.since()));
        var left = journal.state().where().left(where);
        positions.arrive(
                where,
                course.behind(Stream.concat(engineReconcilers.names(RevertPhase::leftOut), left)));
        journal.write(Revert.wentBack(journal.state(), world.ticker().now()));
        return NOW;
    }

    /**
     * Reports an obstacle. The attempts continue; another deployment may take its place meanwhile.
     */
    private void hindered(Deployment d) {
        var why = course.inTheWay();
        boolean stuck =
                engineReconcilers.troubles() >= EngineReconciler.QUICK_TRIES
                        || engineReconcilers.first(Standing.BLOCKED).isPresent()
                        || engineReconcilers.first(Standing.AWAY).isPresent();
        if (stuck) {
            course.hinder();
        }
        boolean back = d.state() == DeploymentState.REVERTING;
        course.blocked(
                why.isEmpty() || !back
                        ? why
                        : why + "; going back to " + d.target() + " is tried again with pauses");
    }

    /**
     * Whether a revert does not wait for this engine: it is unreachable, or it fails without the
     * release's fault.
     */
    private static boolean leftOut(EngineProgress r) {
        return r.standing() == Standing.AWAY
                || (r.standing() == Standing.TROUBLED && r.troubles() >= TRIES);
    }

    /** Reports that the target of the revert cannot be placed. What runs stays. */
    private Duration nowhere(PlacementProblem why, Deployment d, Release release) {
        course.lookOnly(release, journal.state());
        course.hinder();
        if (Revert.putsBack(journal.state()) && why.kind() != PlacementProblem.Kind.NO_ROOM) {
            return course.ownFault(why.text(), release, journal.state());
        }
        var again = d.retryIn() == null ? IDLE : course.untilRetry(d);
        course.blocked(
                course.blocked().isEmpty() ? why.text() : course.blocked() + "; " + why.text());
        return again;
    }

    /**
     * Returns the policy of a return. A rollback and a revert use today's secrets. A release that
     * is restored between two attempts keeps its own, because a new value is a deployment with
     * health checks and soak.
     */
    private PlanPolicy back(Release release, PipelineState state) {
        boolean goes =
                state.active().map(d -> d.state() == DeploymentState.REVERTING).orElse(false);
        return new PlanPolicy(true, true, goes && !course.refused(release, state));
    }

    /** Makes the next step of stopping what a deployment left behind. */
    Duration settle(Directive aim, Release release, PipelineState state) {
        // A move in progress goes on: the replicas on the old engine stay until the new ones run.
        var where = positions.meanwhile(release);
        if (where.equals(Assignment.EMPTY)) {
            where = positions.look(release).assignment();
        }
        course.order(
                new DesiredState(
                        aim,
                        release,
                        where,
                        back(release, state),
                        course.kept(release, state),
                        _ -> true),
                state);
        if (engineReconcilers.ready(PipelineEngines::away)) {
            var moving = state.where().goal(release.id()) != null;
            var waits = moving ? state.where().late().stream() : Stream.<String>of();
            positions.late(Stream.concat(course.behind(Stream.of()), waits));
            journal.write(RolloutStateMachine.settled(journal.state()));
            return NOW;
        }
        course.blocked(course.inTheWay());
        return IDLE;
    }

    /** Makes the next step of stopping all containers. */
    Duration nothing(Directive.Nothing aim, PipelineState state) {
        var kept = course.releases.all(aim.kept());
        var nothing = course.releases.nothing();
        course.order(
                new DesiredState(
                        aim, nothing, Assignment.EMPTY, PlanPolicy.SETTLE, kept, _ -> true),
                state);
        if (!engineReconcilers.ready(PipelineEngines::away)) {
            course.blocked(course.inTheWay());
            return IDLE;
        }
        if (!state.settled()) {
            journal.write(RolloutStateMachine.settled(state));
        }
        return state.active().isPresent() ? finishNothing(state) : IDLE;
    }

    private Duration finishNothing(PipelineState state) {
        var d = state.active().orElseThrow();
        if (d.state() == DeploymentState.REVERTING) {
            journal.write(Revert.wentBack(state, world.ticker().now()));
            return NOW;
        }
        return d.retryIn() == null ? IDLE : course.untilRetry(d);
    }
}
