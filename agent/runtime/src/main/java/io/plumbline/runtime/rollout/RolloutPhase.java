package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.Waves;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.port.Cause;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.Countdown;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import java.time.Duration;
import java.util.List;

/**
 * The rollout of a new release, engine by engine as its waves permit, until all replicas are
 * healthy and stay so for the soak. One thread only.
 */
final class RolloutPhase {
    private static final Duration TICK = Decision.TICK;

    /** Interval at which the rest of the soak is shown. */
    private static final Duration SOAK_TICK = Duration.ofSeconds(1);

    private static final Duration LAST_LOOK = Duration.ofMillis(50);

    private final World world;
    private final Journal journal;
    private final PipelineEngines engines;
    private final PlacementDecider positions;
    private final PlacementView sites;
    private final TargetBuilder targets;
    private final StoredReleasePermissions permissions;
    private final PhaseOutcomes outcomes;
    private final WaveWatch waves;

    RolloutPhase(
            World world,
            Journal journal,
            PipelineEngines engines,
            PlacementDecider positions,
            PlacementView sites,
            TargetBuilder targets,
            StoredReleasePermissions permissions,
            PhaseOutcomes outcomes) {
        this.world = world;
        this.journal = journal;
        this.engines = engines;
        this.positions = positions;
        this.sites = sites;
        this.targets = targets;
        this.permissions = permissions;
        this.outcomes = outcomes;
        this.waves = new WaveWatch(world.ticker(), sites);
    }

    /** Forgets what the engines reported in the last leg, because another one begins. */
    void begin(Leg leg) {
        waves.begin(leg.key());
    }

    /** Decides the next step of the rollout. */
    Decision rollOut(Directive aim, Release release, PipelineState state, Leg leg) {
        var d = state.active().orElseThrow();
        var denied = permissions.denied(release);
        if (denied.isPresent()) {
            targets.lookOnly(release, leg, state);
            return Decision.wait(leg).blocked(denied.get());
        }
        var placed = positions.bring(release);
        if (placed.blocker().isPresent()) {
            targets.lookOnly(release, leg, state);
            return outcomes.postponed(leg, placed.blocker().get().text(), d);
        }
        var where = placed.assignment();
        var now = journal.state();
        boolean acts = d.state() == DeploymentState.APPLYING;
        var allowed = waves.allowed(release, sites.inOrder(where.engines()), engines);
        targets.give(
                new DesiredState(
                        aim,
                        release,
                        where,
                        rollOutPolicy(release, now, d),
                        targets.kept(release, now),
                        e -> acts && (allowed.engines().contains(e) || !where.uses(e))),
                leg,
                now);
        var fault = outcomes.fault(leg, release);
        if (fault.isPresent()) {
            return fault.get();
        }
        if (!engines.whys(Standing.BLOCKED).isEmpty()) {
            return outcomes.postponed(leg, engines.whys(Standing.BLOCKED), d);
        }
        if (engines.troubles() >= EngineStatus.QUICK_TRIES) {
            return outcomes.postponed(leg, engines.whys(Standing.TROUBLED), d);
        }
        return onTheWay(release, where, d, allowed, leg).blocked(engines.inTheWay());
    }

    private Decision onTheWay(
            Release release, Assignment where, Deployment d, Waves.Allowed allowed, Leg leg) {
        if (allowed.verdict() == Waves.Verdict.FAIL) {
            var state = journal.state();
            var secrets = world.secrets().hashes(release).fingerprint();
            var at = world.ticker().now();
            return Decision.write(
                    leg,
                    RolloutStateMachine.givenUp(state, release, allowed.reason(), secrets, at));
        }
        if (allowed.verdict() == Waves.Verdict.COMPLETE && engines.ready(PipelineEngines::away)) {
            return engines.withheld() && !leg.switched()
                    ? Decision.now(leg.switchedOver())
                    : soak(release, where, allowed.leftOut(), leg);
        }
        boolean working = engines.first(Standing.WORKING).isPresent();
        // An engine that is not observed is not proven, and new replicas must soak, too.
        boolean unproven = working || engines.first(Standing.AWAY).isPresent();
        var next = unproven ? leg.soaksSince(null) : leg;
        if (!working) {
            return Decision.wait(next);
        }
        if (d.state() == DeploymentState.PENDING) {
            return engines.looked()
                    ? outcomes.stage(next, DeploymentState.PLANNING, engines.actions() + " actions")
                    : Decision.wait(next);
        }
        if (d.state() != DeploymentState.APPLYING) {
            return outcomes.stage(next, DeploymentState.APPLYING, "");
        }
        if (allowed.verdict() == Waves.Verdict.PAUSE) {
            var pause = allowed.pause();
            return Decision.wait(next, pause.compareTo(TICK) < 0 ? TICK : pause)
                    .doing(allowed.reason() + ", " + pause.toSeconds() + "s left");
        }
        return Decision.wait(next);
    }

    private PlanPolicy rollOutPolicy(Release release, PipelineState state, Deployment d) {
        boolean replace = d.trigger() != Trigger.ADOPTED && !outcomes.refused(release, state);
        return new PlanPolicy(true, false, replace);
    }

    private Decision soak(Release release, Assignment where, List<String> leftOut, Leg leg) {
        var began = leg.soakSince();
        if (began == null) {
            began = world.ticker().nanos();
            var up = Duration.ofNanos(began - leg.since());
            world.telemetry().commitToHealthy(up);
            world.telemetry().stage("health", up);
            return outcomes.stage(
                    leg.soaksSince(began),
                    DeploymentState.VERIFYING,
                    "healthy; soaking " + Countdown.text(release.rollout().soak()));
        }
        long end = began + release.rollout().soak().toNanos();
        var left = Duration.ofNanos(end - world.ticker().nanos());
        boolean over = left.isZero() || left.isNegative();
        // An observation from before the end of the soak does not prove the whole soak.
        if (over && engines.readySince(end)) {
            world.telemetry().stage("soak", release.rollout().soak());
            positions.arrive(where, positions.behind(engines, leftOut.stream()));
            var without =
                    leftOut.isEmpty()
                            ? ""
                            : "; " + String.join(", ", leftOut) + " cannot be reached and follows";
            return Decision.write(
                    leg,
                    RolloutStateMachine.stable(journal.state(), without, world.ticker().now()));
        }
        if (over) {
            engines.all().forEach(e -> e.hint(Cause.TIMER));
        }
        return Decision.wait(leg, over ? LAST_LOOK : SOAK_TICK)
                .atMost(over ? LAST_LOOK : left)
                .doing("soaking, " + Math.max(0, left.toSeconds()) + "s left");
    }
}
