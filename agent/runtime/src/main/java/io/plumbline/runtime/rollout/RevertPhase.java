package io.plumbline.runtime.rollout;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Revert;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.port.driver.EngineStatus;
import io.plumbline.port.driver.EngineStatus.Standing;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import io.plumbline.runtime.state.Releases;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The return to an earlier release, or to no release, by a revert or a rollback. It also stops what
 * a deployment left behind. One thread only.
 */
final class RevertPhase {
    private static final int TRIES = 6;

    private final World world;
    private final Journal journal;
    private final Releases releases;
    private final PipelineEngines engines;
    private final PlacementDecider positions;
    private final TargetBuilder targets;
    private final StoredReleasePermissions permissions;
    private final PhaseOutcomes outcomes;

    RevertPhase(
            World world,
            Journal journal,
            Releases releases,
            PipelineEngines engines,
            PlacementDecider positions,
            TargetBuilder targets,
            StoredReleasePermissions permissions,
            PhaseOutcomes outcomes) {
        this.world = world;
        this.journal = journal;
        this.releases = releases;
        this.engines = engines;
        this.positions = positions;
        this.targets = targets;
        this.permissions = permissions;
        this.outcomes = outcomes;
    }

    /** Decides the next step of a return to a release. */
    Decision goBack(Directive aim, Release release, PipelineState state, Leg leg) {
        var denied = permissions.denied(release);
        if (denied.isPresent()) {
            targets.lookOnly(release, leg, state);
            return Decision.wait(leg).blocked(denied.get()).hindered(true);
        }
        var d = Objects.requireNonNull(state.deployment());
        var placed = positions.bringBack(release);
        if (placed.blocker().isPresent()) {
            return nowhere(placed.blocker().get(), d, release, leg).hindered(true);
        }
        var where = placed.assignment();
        var now = journal.state();
        // Replicas that move to another engine stay here until the new ones are healthy.
        boolean there = engines.served(leg.key(), where, RevertPhase::leftOut);
        targets.give(
                new DesiredState(
                        aim,
                        release,
                        where,
                        back(release, now),
                        targets.kept(release, now),
                        e -> there || where.uses(e)),
                leg,
                now);
        var fault = outcomes.fault(leg, release);
        if (fault.isPresent()) {
            return fault.get();
        }
        if (Revert.putsBack(now) && engines.troubles() >= TRIES && !engines.anyGetsOn()) {
            return outcomes.failed(leg, engines.whys(Standing.TROUBLED), null, release);
        }
        if (!engines.ready(RevertPhase::leftOut)) {
            return obstacle(d, leg);
        }
        return switch (d.state()) {
            case REVERT_FAILED -> {
                arrive(where, Stream.of());
                yield Decision.write(leg, Revert.recovered(journal.state(), world.ticker().now()));
            }
            case REVERTING -> {
                world.telemetry()
                        .rollbackFinished(
                                d.trigger() == Trigger.ROLLBACK ? "operator" : "failure",
                                Duration.ofNanos(world.ticker().nanos() - leg.since()));
                arrive(where, journal.state().where().left(where));
                yield Decision.write(leg, Revert.wentBack(journal.state(), world.ticker().now()));
            }
            default -> outcomes.untilRetry(leg, d);
        };
    }

    private void arrive(Assignment where, Stream<String> left) {
        var late = Stream.concat(engines.names(RevertPhase::leftOut), left);
        positions.arrive(where, positions.behind(engines, late));
    }

    /**
     * Reports an obstacle. The attempts continue; another deployment may take its place meanwhile.
     */
    private Decision obstacle(Deployment d, Leg leg) {
        var why = engines.inTheWay();
        boolean stuck =
                engines.troubles() >= EngineStatus.QUICK_TRIES
                        || engines.first(Standing.BLOCKED).isPresent()
                        || engines.first(Standing.AWAY).isPresent();
        boolean back = d.state() == DeploymentState.REVERTING;
        return Decision.wait(leg)
                .hindered(stuck)
                .blocked(
                        why.isEmpty() || !back
                                ? why
                                : why
                                        + "; going back to "
                                        + d.target()
                                        + " is tried again with pauses");
    }

    /**
     * Whether a revert does not wait for this engine: it is unreachable, or it fails without the
     * release's fault.
     */
    private static boolean leftOut(EngineStatus r) {
        return r.standing() == Standing.AWAY
                || (r.standing() == Standing.TROUBLED && r.troubles() >= TRIES);
    }

    /** Reports that the target of the revert cannot be placed. What runs stays. */
    private Decision nowhere(PlacementProblem why, Deployment d, Release release, Leg leg) {
        targets.lookOnly(release, leg, journal.state());
        if (Revert.putsBack(journal.state()) && why.kind() != PlacementProblem.Kind.NO_ROOM) {
            return outcomes.failed(leg, why.text(), null, release);
        }
        var again = d.retryIn() == null ? Decision.wait(leg) : outcomes.untilRetry(leg, d);
        return again.blocked(PipelineEngines.joined(again.blocked(), why.text()));
    }

    /**
     * Returns the policy of a return. A rollback and a revert use today's secrets. A release that
     * is restored between two attempts keeps its own, because a new value is a deployment with
     * health checks and soak.
     */
    private PlanPolicy back(Release release, PipelineState state) {
        boolean goes =
                state.active().map(d -> d.state() == DeploymentState.REVERTING).orElse(false);
        return new PlanPolicy(true, true, goes && !outcomes.refused(release, state));
    }

    /** Decides the next step of stopping what a deployment left behind. */
    Decision settle(Directive aim, Release release, PipelineState state, Leg leg) {
        // A move in progress goes on: the replicas on the old engine stay until the new ones run.
        var where = positions.meanwhile(release);
        if (where.equals(Assignment.EMPTY)) {
            where = positions.look(release).assignment();
        }
        var kept = targets.kept(release, state);
        targets.give(
                new DesiredState(aim, release, where, back(release, state), kept, _ -> true),
                leg,
                state);
        if (!engines.ready(PipelineEngines::away)) {
            return Decision.wait(leg).blocked(engines.inTheWay());
        }
        var moving = state.where().goal(release.id()) != null;
        var waits = moving ? state.where().late().stream() : Stream.<String>of();
        positions.late(Stream.concat(positions.behind(engines, Stream.of()), waits));
        return Decision.write(leg, RolloutStateMachine.settled(journal.state()));
    }

    /** Decides the next step of stopping all containers. */
    Decision nothing(Directive.Nothing aim, PipelineState state, Leg leg) {
        var kept = releases.all(aim.kept());
        var nothing = releases.nothing();
        targets.give(
                new DesiredState(
                        aim, nothing, Assignment.EMPTY, PlanPolicy.SETTLE, kept, _ -> true),
                leg,
                state);
        if (!engines.ready(PipelineEngines::away)) {
            return Decision.wait(leg).blocked(engines.inTheWay());
        }
        var d = state.active();
        if (d.filter(a -> a.state() == DeploymentState.REVERTING).isPresent()) {
            return Decision.write(leg, Revert.wentBack(state, world.ticker().now()));
        }
        return d.filter(a -> a.retryIn() != null)
                .map(a -> outcomes.untilRetry(leg, a))
                .orElse(Decision.wait(leg))
                .and(RolloutStateMachine.settled(state));
    }
}
