package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Waves;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.runtime.apply.ActionLoop;
import io.plumbline.runtime.apply.EngineProgress.Standing;
import io.plumbline.runtime.apply.EngineReconciler;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.Cause;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import java.time.Duration;
import java.util.List;

/**
 * The rollout of a new release, engine by engine as its waves permit, until all replicas are
 * healthy and stay so for the soak. One thread only.
 */
final class RolloutPhase {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration TICK = ActionLoop.TICK;

    /** Interval at which the rest of the soak is shown. */
    private static final Duration SOAK_TICK = Duration.ofSeconds(1);

    private static final Duration IDLE = EngineReconciler.IDLE;
    private static final Duration LAST_LOOK = Duration.ofMillis(50);

    private final Course course;
    private final World world;
    private final Journal journal;
    private final PipelineEngines engineReconcilers;
    private final PlacementDecider positions;

    RolloutPhase(Course course) {
        this.course = course;
        this.world = course.world;
        this.journal = course.journal;
        this.engineReconcilers = course.engineReconcilers;
        this.positions = course.positions;
    }

    /** Makes the next step of the rollout. */
    Duration rollOut(Directive aim, Release release, PipelineState state) {
        var d = state.active().orElseThrow();
        var denied = course.denied(release);
        if (denied.isPresent()) {
            course.blocked(denied.get());
            course.lookOnly(release, state);
            return IDLE;
        }
        var placed = positions.bring(release);
        if (placed.blocker().isPresent()) {
            course.lookOnly(release, state);
            return course.postpone(placed.blocker().get().text(), d);
        }
        var where = placed.assignment();
        var now = journal.state();
        boolean acts = d.state() == DeploymentState.APPLYING;
        var allowed =
                course.waves.allowed(
                        release, course.sites.inOrder(where.engines()), engineReconcilers);
        var policy = rollOutPolicy(release, now, d);
        course.order(
                new DesiredState(
                        aim,
                        release,
                        where,
                        policy,
                        course.kept(release, now),
                        e -> acts && (allowed.engines().contains(e) || !where.uses(e))),
                now);
        var fault = engineReconcilers.first(Standing.FAULT);
        if (fault.isPresent()) {
            return course.ownFault(
                    engineReconcilers.named(fault.get(), fault.get().report().why()),
                    fault.get().evidence(),
                    release,
                    now);
        }
        if (!engineReconcilers.whys(Standing.BLOCKED).isEmpty()) {
            return course.postpone(engineReconcilers.whys(Standing.BLOCKED), d);
        }
        if (engineReconcilers.troubles() >= EngineReconciler.QUICK_TRIES) {
            return course.postpone(engineReconcilers.whys(Standing.TROUBLED), d);
        }
        return onTheWay(release, where, d, allowed);
    }

    private Duration onTheWay(
            Release release, Assignment where, Deployment d, Waves.Allowed allowed) {
        course.blocked(course.inTheWay());
        if (allowed.verdict() == Waves.Verdict.FAIL) {
            var state = journal.state();
            var secrets = world.secrets().hashes(release).fingerprint();
            var at = world.ticker().now();
            journal.write(
                    RolloutStateMachine.givenUp(state, release, allowed.reason(), secrets, at));
            return NOW;
        }
        if (allowed.verdict() == Waves.Verdict.COMPLETE
                && engineReconcilers.ready(PipelineEngines::away)) {
            if (engineReconcilers.withheld() && !course.switched()) {
                course.switchOver();
                return NOW;
            }
            return soak(release, where, allowed.leftOut());
        }
        boolean working = engineReconcilers.first(Standing.WORKING).isPresent();
        if (working || engineReconcilers.first(Standing.AWAY).isPresent()) {
            // An engine that is not observed is not proven, and new replicas must soak, too.
            course.soaked(null);
        }
        if (!working) {
            return IDLE;
        }
        if (d.state() == DeploymentState.PENDING) {
            if (!engineReconcilers.looked()) {
                return IDLE;
            }
            course.stage(DeploymentState.PLANNING, engineReconcilers.actions() + " actions");
            return NOW;
        }
        if (d.state() != DeploymentState.APPLYING) {
            course.stage(DeploymentState.APPLYING, "");
            return NOW;
        }
        if (allowed.verdict() == Waves.Verdict.PAUSE) {
            course.doing(allowed.reason() + ", " + allowed.pause().toSeconds() + "s left");
            return allowed.pause().compareTo(TICK) < 0 ? TICK : allowed.pause();
        }
        return IDLE;
    }

    private PlanPolicy rollOutPolicy(Release release, PipelineState state, Deployment d) {
        boolean replace = d.trigger() != Trigger.ADOPTED && !course.refused(release, state);
        return new PlanPolicy(true, false, replace);
    }

    private Duration soak(Release release, Assignment where, List<String> leftOut) {
        var began = course.soakSince();
        if (began == null) {
            began = world.ticker().nanos();
            course.soaked(began);
            var up = Duration.ofNanos(began - course.since());
            world.telemetry().commitToHealthy(up);
            world.telemetry().stage("health", up);
            course.stage(
                    DeploymentState.VERIFYING,
                    "healthy; soaking " + ActionLoop.text(release.rollout().soak()));
            return NOW;
        }
        long end = began + release.rollout().soak().toNanos();
        var left = Duration.ofNanos(end - world.ticker().nanos());
        boolean over = left.isZero() || left.isNegative();
        // An observation from before the end of the soak does not prove the whole soak.
        if (over && engineReconcilers.readySince(end)) {
            world.telemetry().stage("soak", release.rollout().soak());
            positions.arrive(where, course.behind(leftOut.stream()));
            var without =
                    leftOut.isEmpty()
                            ? ""
                            : "; " + String.join(", ", leftOut) + " cannot be reached and follows";
            journal.write(
                    RolloutStateMachine.stable(journal.state(), without, world.ticker().now()));
            return NOW;
        }
        course.doing("soaking, " + Math.max(0, left.toSeconds()) + "s left");
        if (over) {
            engineReconcilers.all().forEach(engineReconciler -> engineReconciler.hint(Cause.TIMER));
            return LAST_LOOK;
        }
        return left.compareTo(SOAK_TICK) > 0 ? SOAK_TICK : left;
    }
}
