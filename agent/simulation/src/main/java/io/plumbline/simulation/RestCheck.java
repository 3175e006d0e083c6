package io.plumbline.simulation;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Whether every pipeline is at rest in the state that Git, operators and engines give reason for.
 */
final class RestCheck {
    private final Surroundings world;

    RestCheck(Surroundings world) {
        this.world = world;
    }

    /** What does not agree; null if all does. */
    @Nullable Violation look() {
        var agent = world.agent();
        if (agent == null || agent.dead()) {
            return new Violation(Invariant.THREADS_LIVE, "no agent runs");
        }
        for (var engine : world.sites()) {
            for (var c : engine.all()) {
                if (c.alive()
                        && !c.label(Labels.SERVICE).isEmpty()
                        && c.label(Labels.PIPELINE).isEmpty()) {
                    return new Violation(
                            Invariant.NOTHING_DOUBLED, c.name() + " runs and belongs to nobody");
                }
            }
        }
        for (var pipeline : world.sources().names()) {
            var source = world.sources().head(pipeline);
            if (source == null) {
                continue;
            }
            var wrong = look(pipeline, source, agent.control());
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private @Nullable Violation look(String pipeline, Sources.Source source, Control control) {
        var state = world.ledger().pipelines().get(pipeline);
        PipelineStatus status;
        try {
            status = control.status(pipeline);
        } catch (io.plumbline.port.PlumblineException e) {
            return new Violation(Invariant.COMES_TO_REST, pipeline + ": " + e.getMessage());
        }
        var seen = pipeline + " is " + status.state() + " (" + status.reason() + ")";
        if (state == null) {
            return source.bad() == Sources.Bad.NO_IMAGE
                    ? null
                    : new Violation(Invariant.COMES_TO_REST, seen + " and is not on record");
        }
        if (world.oracle().paused(pipeline)) {
            return status.state() == SyncState.PAUSED
                    ? null
                    : new Violation(
                            Invariant.NOTHING_LOST,
                            seen + ", though it was paused and not resumed");
        }
        if (!atRest(source, state, status)) {
            return new Violation(
                    Invariant.COMES_TO_REST,
                    seen
                            + "; the head is "
                            + (source.bad() == null ? "good" : source.bad())
                            + "; deployed "
                            + state.deployed()
                            + ", "
                            + state.deployment());
        }
        return status.state() == SyncState.PAUSED ? null : runs(pipeline, state, status, seen);
    }

    private boolean atRest(Sources.Source source, PipelineState state, PipelineStatus status) {
        boolean operator =
                state.hold() != null
                        || state.quarantined().stream()
                                .anyMatch(q -> q.cause() == Quarantine.Cause.ROLLED_BACK);
        return switch (status.state()) {
            case SYNCED -> source.bad() == null;
            case ROLLED_BACK -> operator;
            case REVERTED -> source.bad() != null || world.oracle().excusedAny(state);
            case PAUSED -> state.paused() != null;
            case FAILED ->
                    (source.bad() != null || world.oracle().excusedAny(state))
                            && state.stable() == null;
            case BLOCKED ->
                    source.bad() == Sources.Bad.NO_IMAGE
                            || (world.ledgerLost() && state.blockedHead() != null);
            case UNKNOWN, PROGRESSING, CONTESTED, DRIFTED -> false;
        };
    }

    private @Nullable Violation runs(
            String pipeline, PipelineState state, PipelineStatus status, String seen) {
        var deployed = state.deployed();
        var stable = deployed == null ? null : release(pipeline, deployed);
        boolean failed = status.state() == SyncState.FAILED;
        if (stable != null && !failed) {
            var wrong = placed(pipeline, stable, state, seen);
            if (wrong != null) {
                return wrong;
            }
        }
        for (var engine : world.sites()) {
            var wrong =
                    failed || stable == null
                            ? null
                            : runs(pipeline, engine, stable, state, status, seen);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private int wanted(
            String pipeline, SimulatedEngine engine, ReleaseService service, PipelineState state) {
        return world.sources().everywhere(pipeline)
                ? service.replicas()
                : state.where().placed().replicas(engine.name(), service.name());
    }

    /** Where a name does not lead to a container that serves; null if all do. */
    private static @Nullable String names(List<LiveContainer> running, ReleaseService service) {
        for (var c : running) {
            if (!c.label(Labels.SERVICE).equals(service.name())) {
                continue;
            }
            for (var network : c.networks().entrySet()) {
                if (!network.getValue().connected()) {
                    return c.name() + " has no endpoint on " + network.getKey();
                }
            }
            if (c.networks().values().stream()
                    .noneMatch(a -> a.aliases().contains(service.name()))) {
                return c.name() + " does not answer to " + service.name();
            }
        }
        return null;
    }

    /** A pipeline that is placed has all its replicas somewhere. */
    private @Nullable Violation placed(
            String pipeline, Release release, PipelineState state, String seen) {
        if (world.sources().everywhere(pipeline)) {
            return null;
        }
        for (var service : release.services()) {
            int total = state.where().placed().total(service.name());
            if (total != service.replicas()) {
                return new Violation(
                        Invariant.COMES_TO_REST,
                        seen + ", but " + total + " replicas of " + service.name() + " are placed");
            }
        }
        return null;
    }

    private @Nullable Release release(String pipeline, String id) {
        return world.ledger().release(pipeline, id).orElse(null);
    }

    private @Nullable Violation runs(
            String pipeline,
            SimulatedEngine engine,
            Release release,
            PipelineState state,
            PipelineStatus status,
            String seen) {
        var running =
                engine.all().stream()
                        .filter(c -> c.label(Labels.PIPELINE).equals(pipeline))
                        .filter(c -> c.state() != RunState.CREATED && c.state() != RunState.EXITED)
                        .toList();
        var names = new HashSet<String>();
        for (var c : running) {
            if (!c.label(Labels.RELEASE).equals(release.id()) && !sameSpec(c, release)) {
                return new Violation(
                        Invariant.ONLY_STABLE_SERVES,
                        seen + ", but " + c.name() + " of " + c.label(Labels.RELEASE) + " runs");
            }
            if (!names.add(c.label(Labels.SERVICE) + "/" + c.label(Labels.REPLICA))) {
                return new Violation(
                        Invariant.NOTHING_DOUBLED, seen + ", but " + c.name() + " runs twice");
            }
        }
        for (var service : release.services()) {
            long there =
                    running.stream()
                            .filter(c -> c.label(Labels.SERVICE).equals(service.name()))
                            .filter(Oracle::healthy)
                            .count();
            int wanted = wanted(pipeline, engine, service, state);
            if (there != wanted) {
                return new Violation(
                        there > wanted ? Invariant.NOTHING_DOUBLED : Invariant.COMES_TO_REST,
                        seen
                                + ", but "
                                + engine.name()
                                + " has "
                                + there
                                + " healthy replicas of "
                                + service.name()
                                + " and "
                                + wanted
                                + " are wanted");
            }
            var lost = names(running, service);
            if (lost != null) {
                return new Violation(
                        Invariant.NAMES_LEAD_TO_IT, seen + ", but " + engine.name() + ": " + lost);
            }
            if (wanted == 0) {
                continue;
            }
            var shown =
                    status.services().stream()
                            .filter(s -> s.service().equals(service.name()))
                            .filter(s -> s.engine().equals(engine.name()))
                            .findFirst();
            if (shown.isEmpty()
                    || shown.get().running() != there
                    || shown.get().healthy() != there
                    || shown.get().health() != HealthState.HEALTHY) {
                return new Violation(
                        Invariant.STATUS_IS_TRUE,
                        seen + ": shows " + shown + ", and " + engine.name() + " has " + there);
            }
        }
        return Objects.equals(status.release(), release.id())
                ? null
                : new Violation(
                        Invariant.STATUS_IS_TRUE,
                        seen + ": shows " + status.release() + ", deployed is " + release.id());
    }

    private static boolean sameSpec(LiveContainer c, Release release) {
        return release.service(c.label(Labels.SERVICE))
                .filter(s -> s.specHash().equals(c.label(Labels.SPEC)))
                .isPresent();
    }
}
