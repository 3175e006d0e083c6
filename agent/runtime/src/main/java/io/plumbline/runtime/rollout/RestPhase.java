package io.plumbline.runtime.rollout;

import static java.util.stream.Collectors.joining;

import io.plumbline.core.placement.PlacementProblem;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Directive;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.rollout.Transition;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.rollout.TargetBuilder.DesiredState;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.Releases;
import java.util.stream.Stream;

/**
 * The pipeline at rest: its release is kept as it is, moves arrive, and unhealthy containers are
 * restarted; or nothing is changed at all. One thread only.
 */
final class RestPhase {
    private final World world;
    private final Journal journal;
    private final Releases releases;
    private final PipelineEngines engines;
    private final PlacementDecider positions;
    private final TargetBuilder targets;
    private final StoredReleasePermissions permissions;
    private final PhaseOutcomes outcomes;
    private final HealthRestarts restarts;

    RestPhase(
            World world,
            Journal journal,
            Releases releases,
            PipelineEngines engines,
            PlacementDecider positions,
            TargetBuilder targets,
            StoredReleasePermissions permissions,
            PhaseOutcomes outcomes,
            HealthRestarts restarts) {
        this.world = world;
        this.journal = journal;
        this.releases = releases;
        this.engines = engines;
        this.positions = positions;
        this.targets = targets;
        this.permissions = permissions;
        this.outcomes = outcomes;
        this.restarts = restarts;
    }

    /** Only observes, and waits for the next attempt if there is one. */
    Decision leave(PipelineState state, Leg leg) {
        var shown = releases.find(state.deployed());
        targets.lookOnly(shown == null ? releases.nothing() : shown, leg, state);
        return state.active()
                .filter(d -> d.retryIn() != null && state.paused() == null)
                .map(d -> outcomes.untilRetry(leg, d))
                .orElse(Decision.wait(leg));
    }

    /** Keeps the deployed release as it is. */
    Decision keep(Directive aim, Release release, Leg leg) {
        var denied = permissions.denied(release);
        boolean may = denied.isEmpty();
        moved(release, leg);
        if (may) {
            restarts.look(release, engines.seen());
        } else {
            restarts.clear();
        }
        var placed = positions.keep(release);
        var now = journal.state();
        targets.give(
                new DesiredState(
                        aim,
                        release,
                        positions.meanwhile(release),
                        PlanPolicy.STEADY,
                        targets.kept(release, now),
                        _ -> may),
                leg,
                restarts.orders(),
                now);
        if (!now.line().contains(release.id()) && engines.healthy()) {
            return Decision.write(leg, prove(now, release));
        }
        if (engines.all().stream().anyMatch(l -> l.report().secretsChanged())) {
            var ready = new Head.Ready(releases.commitOf(release.id()), release);
            return Decision.write(
                    leg,
                    RolloutStateMachine.begin(
                            now,
                            ready,
                            Trigger.SECRET,
                            "agent",
                            "a secret has a new value",
                            journal.moment(false, false)));
        }
        var missing =
                Secrets.names(release).isEmpty()
                        ? ""
                        : String.join("; ", world.secrets().hashes(release).problems());
        var stuck = placed.problems().stream().map(PlacementProblem::text).collect(joining("; "));
        return Decision.wait(leg)
                .blocked(
                        PipelineEngines.joined(
                                denied.orElse(""), missing, stuck, engines.inTheWay()));
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
    private void moved(Release release, Leg leg) {
        var where = journal.state().where();
        var late =
                where.late().stream()
                        .filter(e -> engines.find(e).filter(l -> l.caughtUp(leg.key())).isPresent())
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
                positions.arrive(
                        goal, Stream.concat(positions.behind(engines, Stream.of()), losing));
            }
        }
    }
}
