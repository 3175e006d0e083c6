package io.plumbline.core.status;

import io.plumbline.core.observed.EngineState;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.Rollout;
import io.plumbline.core.status.PipelineStatus.EngineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What is shown of a pipeline, computed from what is on record and what was observed. */
public final class StatusOf {

    private StatusOf() {}

    /**
     * All that a status is a function of.
     *
     * @param state as written
     * @param head what Git says
     * @param shown the release whose services are shown, null if there is none
     * @param observed what was seen, null if never
     * @param stale whether that is older than two relist intervals
     * @param engine how the engine answers
     * @param verdicts by container id
     * @param drift differences that no deployment made
     * @param contested the field that is fought over, or null
     * @param blocked why nothing can be done now, empty if it can
     * @param progress what is being done, empty if nothing
     * @param gitProblem what is wrong with the repository, empty if nothing
     * @param rollback where a rollback would go
     * @param commitOf the newest commit that renders a release, empty if not known
     */
    public record Facts(
            PipelineState state,
            Head head,
            @Nullable Release shown,
            @Nullable EngineState observed,
            boolean stale,
            EngineStatus engine,
            Map<String, Verdict> verdicts,
            List<Drift> drift,
            @Nullable String contested,
            String blocked,
            String progress,
            String gitProblem,
            @Nullable RollbackTarget rollback,
            Function<String, String> commitOf) {}

    /** The status. */
    public static PipelineStatus of(Facts f) {
        var s = f.state();
        var services = services(f);
        var said = said(f);
        var stable = s.stable();
        return new PipelineStatus(
                s.pipeline(),
                said.state(),
                said.reason(),
                f.stale() ? HealthState.UNKNOWN : health(services),
                s.deployed(),
                commitOf(f, s.deployed()),
                f.head().commit().isEmpty() ? null : f.head().commit(),
                stable,
                commitOf(f, stable),
                s.hold(),
                s.paused(),
                s.quarantined(),
                s.deployment(),
                f.rollback(),
                f.engine().observedAt(),
                List.of(f.engine()),
                services);
    }

    private record Said(SyncState state, String reason) {}

    private static @Nullable String commitOf(Facts f, @Nullable String release) {
        if (release == null) {
            return null;
        }
        var commit = f.commitOf().apply(release);
        return commit.isEmpty() ? null : commit;
    }

    private static Said said(Facts f) {
        var s = f.state();
        var d = s.deployment();
        if (f.stale()) {
            return new Said(
                    SyncState.UNKNOWN,
                    f.engine().reason().isEmpty() ? "not observed yet" : f.engine().reason());
        }
        var paused = s.paused();
        if (paused != null) {
            return new Said(SyncState.PAUSED, reason("paused by " + paused.by(), paused.reason()));
        }
        if (failed(s, d)) {
            return new Said(SyncState.FAILED, d == null ? "" : d.reason());
        }
        var blocked = blocked(f);
        if (!blocked.isEmpty()) {
            return new Said(SyncState.BLOCKED, blocked);
        }
        if (d != null && d.active()) {
            return new Said(SyncState.PROGRESSING, progress(f, d));
        }
        if (d != null && d.state() == DeploymentState.STABLE && !s.settled()) {
            // What it takes the place of still runs.
            return new Said(
                    SyncState.PROGRESSING,
                    reason(
                            d.id() + " stable",
                            f.progress().isEmpty() ? "stopping what was left" : f.progress()));
        }
        if (f.contested() != null) {
            return new Said(
                    SyncState.CONTESTED,
                    f.contested()
                            + " is changed again and again by somebody else; the agent stopped"
                            + " repairing it, `plumb sync "
                            + s.pipeline()
                            + "` begins anew");
        }
        if (!f.drift().isEmpty()) {
            var x = f.drift().getFirst();
            return new Said(
                    SyncState.DRIFTED,
                    x.service()
                            + ": "
                            + x.field()
                            + " is "
                            + x.live()
                            + ", should be "
                            + x.want()
                            + (f.drift().size() > 1
                                    ? " (and " + (f.drift().size() - 1) + " more)"
                                    : ""));
        }
        return atRest(f, s, d);
    }

    private static boolean failed(PipelineState s, @Nullable Deployment d) {
        return d != null
                && (d.state() == DeploymentState.FAILED
                        || d.state() == DeploymentState.REVERT_FAILED)
                && s.gone() == PipelineState.Gone.NO;
    }

    private static String blocked(Facts f) {
        var out = new ArrayList<String>();
        if (!f.blocked().isEmpty()) {
            out.add(f.blocked());
        }
        if (!f.engine().reachable()) {
            out.add(f.engine().reason());
        }
        switch (f.head()) {
            case Head.Broken b -> out.add(b.reason());
            case Head.Unresolved u -> out.add(u.reason() + "; it is tried again");
            case Head.Ready r -> {
                if (r.commit().equals(f.state().blockedHead())) {
                    out.add(String.valueOf(Rollout.whyNot(f.state(), r)));
                }
            }
            case Head.Unseen _ -> {}
            case Head.Left _ -> {}
        }
        return String.join("; ", new TreeSet<>(out));
    }

    private static String progress(Facts f, Deployment d) {
        var what = f.progress().isEmpty() ? d.reason() : f.progress();
        var state = d.state().word().toLowerCase(java.util.Locale.ROOT);
        return reason(d.id() + " " + state, what);
    }

    private static Said atRest(Facts f, PipelineState s, @Nullable Deployment d) {
        var note = f.gitProblem();
        if (!(f.head() instanceof Head.Ready ready)
                || s.deployed() == null
                || ready.release().id().equals(s.deployed())) {
            return s.deployed() == null && !(f.head() instanceof Head.Ready)
                    ? new Said(SyncState.UNKNOWN, notDeployed(f.head(), note))
                    : new Said(SyncState.SYNCED, note);
        }
        var why = Rollout.whyNot(s, ready);
        var reason = reason(why == null ? "about to be deployed" : why, note);
        if (d != null && d.state() == DeploymentState.ROLLED_BACK) {
            return new Said(SyncState.ROLLED_BACK, reason);
        }
        if (d != null && d.state() == DeploymentState.REVERTED) {
            return new Said(SyncState.REVERTED, reason(d.reason(), note));
        }
        if (why == null) {
            return new Said(SyncState.PROGRESSING, reason);
        }
        boolean operator =
                s.hold() != null
                        || s.quarantineOf(ready.release().id())
                                .filter(
                                        q ->
                                                q.cause()
                                                        == io.plumbline.core.rollout.Quarantine
                                                                .Cause.ROLLED_BACK)
                                .isPresent();
        return new Said(operator ? SyncState.ROLLED_BACK : SyncState.REVERTED, reason);
    }

    private static String notDeployed(Head head, String note) {
        if (!note.isEmpty()) {
            return note;
        }
        return head instanceof Head.Unseen u ? u.reason() : "nothing was deployed yet";
    }

    private static List<ServiceStatus> services(Facts f) {
        var release = f.shown();
        var observed = f.observed();
        if (release == null || observed == null) {
            return List.of();
        }
        return release.services().stream().map(s -> service(f, s, observed)).toList();
    }

    private static ServiceStatus service(Facts f, ReleaseService service, EngineState observed) {
        int running = 0;
        int healthy = 0;
        int restarts = 0;
        for (LiveContainer c : observed.containers()) {
            if (!c.label(Labels.SERVICE).equals(service.name())
                    || !c.label(Labels.SPEC).equals(service.specHash())) {
                continue;
            }
            if (c.state() == RunState.RUNNING) {
                running++;
                restarts += c.restartCount();
                if (f.verdicts().get(c.id()) == Verdict.HEALTHY) {
                    healthy++;
                }
            }
        }
        var fields = new TreeSet<String>();
        f.drift().stream()
                .filter(x -> x.service().equals(service.name()))
                .forEach(x -> fields.add(x.field()));
        var health =
                f.stale()
                        ? HealthState.UNKNOWN
                        : healthOf(
                                service.replicas(),
                                running,
                                healthy,
                                f.state().active().isPresent(),
                                unhealthy(f, service, observed));
        return new ServiceStatus(
                service.name(),
                observed.engine(),
                health,
                service.replicas(),
                running,
                healthy,
                restarts,
                service.reference(),
                List.copyOf(fields));
    }

    private static boolean unhealthy(Facts f, ReleaseService service, EngineState observed) {
        return observed.containers().stream()
                .filter(c -> c.label(Labels.SERVICE).equals(service.name()))
                .filter(c -> c.label(Labels.SPEC).equals(service.specHash()))
                .anyMatch(c -> f.verdicts().get(c.id()) == Verdict.UNHEALTHY);
    }

    private static HealthState healthOf(
            int desired, int running, int healthy, boolean deploying, boolean unhealthy) {
        if (healthy >= desired) {
            return HealthState.HEALTHY;
        }
        if (running == 0 && !deploying) {
            return HealthState.MISSING;
        }
        if (unhealthy || (!deploying && running < desired)) {
            return healthy == 0 ? HealthState.UNHEALTHY : HealthState.DEGRADED;
        }
        return HealthState.PROGRESSING;
    }

    private static HealthState health(List<ServiceStatus> services) {
        if (services.isEmpty()) {
            return HealthState.MISSING;
        }
        if (services.stream().allMatch(s -> s.health() == HealthState.HEALTHY)) {
            return HealthState.HEALTHY;
        }
        if (services.stream().allMatch(s -> s.health() == HealthState.MISSING)) {
            return HealthState.MISSING;
        }
        boolean bad =
                services.stream()
                        .anyMatch(
                                s ->
                                        s.health() == HealthState.UNHEALTHY
                                                || s.health() == HealthState.DEGRADED
                                                || s.health() == HealthState.MISSING);
        if (!bad) {
            return HealthState.PROGRESSING;
        }
        return services.stream().noneMatch(s -> s.health() == HealthState.HEALTHY)
                ? HealthState.UNHEALTHY
                : HealthState.DEGRADED;
    }

    private static String reason(String first, String second) {
        return second.isEmpty() ? first : first.isEmpty() ? second : first + ": " + second;
    }
}
