package io.plumbline.server;

import io.plumbline.api.AuditEntry;
import io.plumbline.api.AuditVerdict;
import io.plumbline.api.Engine;
import io.plumbline.api.Event;
import io.plumbline.api.PastStatus;
import io.plumbline.api.Status;
import io.plumbline.core.access.AccessToken;
import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.OperatorHold;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.EngineStatus;
import io.plumbline.core.status.PipelineStatus.LastCheck;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.PipelineStatus.ServicePort;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import io.plumbline.core.status.StatusAt;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.PlannedAction;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.Control.EngineView;
import io.plumbline.port.GitSource.CommitInfo;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Converts the agent's records to records of the API. */
final class ApiRecords {
    private ApiRecords() {}

    /**
     * Converts a pipeline's status.
     *
     * @param commits returns what is known of a commit, by its full id
     */
    static Status status(PipelineStatus s, Function<String, Optional<CommitInfo>> commits) {
        var deployment = s.deployment();
        return new Status(
                s.pipeline(),
                s.state().word(),
                s.reason(),
                s.health().word(),
                s.healthReason(),
                ack(s.healthAck()),
                s.release(),
                s.commit(),
                s.head(),
                s.stableRelease(),
                s.stableCommit(),
                instruction(s.hold()),
                instruction(s.paused()),
                s.quarantined().stream().map(ApiRecords::quarantined).toList(),
                deployment == null ? null : deployment(deployment, commits),
                s.cleanUp(),
                target(s.rollback()),
                s.observedAt(),
                s.engines().stream().map(ApiRecords::engineState).toList(),
                s.services().stream().map(ApiRecords::serviceState).toList(),
                s.engineName(),
                s.was(),
                named(s, commits).map(ApiRecords::commit).toList());
    }

    static PastStatus past(StatusAt.Past p) {
        return new PastStatus(
                p.pipeline(),
                p.at(),
                p.state().word(),
                p.health().word(),
                p.release().isEmpty() ? null : p.release(),
                p.reason(),
                p.since());
    }

    /** Returns the commits that a status names, each once. Unknown commits are left out. */
    private static Stream<CommitInfo> named(
            PipelineStatus s, Function<String, Optional<CommitInfo>> commits) {
        var target = s.rollback();
        return Stream.concat(
                        Stream.of(
                                        Optional.ofNullable(s.head()),
                                        Optional.ofNullable(s.commit()),
                                        Optional.ofNullable(s.stableCommit()),
                                        Optional.ofNullable(
                                                target == null ? null : target.commit()))
                                .flatMap(Optional::stream),
                        s.quarantined().stream().map(Quarantine::commit))
                .filter(id -> !id.isEmpty())
                .distinct()
                .flatMap(id -> commits.apply(id).stream());
    }

    private static Status.Commit commit(CommitInfo c) {
        return new Status.Commit(c.id(), c.subject(), c.author(), c.at());
    }

    private static Status.@Nullable Ack ack(@Nullable HealthAck a) {
        return a == null
                ? null
                : new Status.Ack(a.by(), a.at(), a.until(), a.reason(), List.copyOf(a.services()));
    }

    private static Status.@Nullable Instruction instruction(@Nullable OperatorHold w) {
        return w == null ? null : new Status.Instruction(w.by(), w.at(), w.reason());
    }

    private static Status.Quarantined quarantined(Quarantine q) {
        return new Status.Quarantined(
                q.release(), q.source(), q.commit(), q.cause().word(), q.reason(), q.by(), q.at());
    }

    private static Status.@Nullable Target target(@Nullable RollbackTarget r) {
        return r == null ? null : new Status.Target(r.target(), r.commit(), r.ready(), r.missing());
    }

    private static Status.EngineState engineState(EngineStatus e) {
        return new Status.EngineState(
                e.engine(), reachable(e.reachable()), e.reason(), e.observedAt());
    }

    private static String reachable(boolean yes) {
        return yes ? "Ready" : "Unreachable";
    }

    private static Status.ServiceState serviceState(ServiceStatus s) {
        return new Status.ServiceState(
                s.service(),
                s.engine(),
                s.health().word(),
                s.reason(),
                s.desired(),
                s.running(),
                s.healthy(),
                s.restarts(),
                s.image(),
                s.drift(),
                s.ports().stream().map(ApiRecords::port).toList(),
                check(s.lastCheck()));
    }

    private static Status.Port port(ServicePort p) {
        return new Status.Port(p.replica(), p.targetPort(), p.protocol(), p.hostIp(), p.hostPort());
    }

    private static Status.@Nullable Check check(@Nullable LastCheck c) {
        return c == null ? null : new Status.Check(c.replica(), c.passed(), c.evidence(), c.at());
    }

    /**
     * Converts a deployment.
     *
     * @param commits returns what is known of a commit, by its full id
     */
    static io.plumbline.api.Deployment deployment(
            DeploymentRecord d, Function<String, Optional<CommitInfo>> commits) {
        return new io.plumbline.api.Deployment(
                d.id(),
                d.release(),
                d.commit(),
                d.from(),
                d.state().word(),
                d.reason(),
                d.by(),
                d.trigger().word(),
                d.startedAt(),
                d.finishedAt(),
                evidence(d.evidence()),
                verified(d.verified()),
                commits.apply(d.commit()).map(CommitInfo::subject).orElse(null),
                d.stages().stream().map(ApiRecords::stage).toList());
    }

    private static io.plumbline.api.Deployment.Stage stage(StageRecord r) {
        return new io.plumbline.api.Deployment.Stage(
                r.name(), r.state().word(), r.reason(), r.startedAt(), r.finishedAt());
    }

    private static io.plumbline.api.Deployment.@Nullable Evidence evidence(@Nullable Evidence e) {
        return e == null
                ? null
                : new io.plumbline.api.Deployment.Evidence(
                        e.kind().word(), e.observed(), e.source(), e.quote(), e.control());
    }

    private static io.plumbline.api.Deployment.@Nullable Verified verified(@Nullable Verified v) {
        return v == null
                ? null
                : new io.plumbline.api.Deployment.Verified(
                        v.key(), v.signer(), v.at(), v.method().word());
    }

    static Event event(PipelineEvent e) {
        return new Event(
                e.seq(),
                e.at(),
                e.pipeline(),
                e.deployment(),
                e.engine(),
                e.service(),
                e.type(),
                e.field(),
                e.from(),
                e.to(),
                e.reason());
    }

    static io.plumbline.api.Plan plan(WorkloadPlan p) {
        var services = new LinkedHashMap<String, String>();
        p.services().forEach((name, strategy) -> services.put(name, strategy.word()));
        return new io.plumbline.api.Plan(
                p.pipeline(),
                p.release(),
                p.commit(),
                p.from(),
                services,
                p.downtime(),
                p.actions().stream().map(ApiRecords::action).toList(),
                p.blockers(),
                p.stages());
    }

    private static io.plumbline.api.Plan.Action action(PlannedAction a) {
        return new io.plumbline.api.Plan.Action(
                a.engine(),
                a.word(),
                a.target(),
                a.replica(),
                a.text(),
                a.reasons().stream()
                        .map(r -> new io.plumbline.api.Plan.Reason(r.field(), r.from(), r.to()))
                        .toList());
    }

    static io.plumbline.api.Drift drift(FieldDrift d) {
        return new io.plumbline.api.Drift(
                d.engine(), d.service(), d.replica(), d.name(), d.field(), d.want(), d.live());
    }

    static Engine engine(EngineView e) {
        boolean seen = !e.version().isEmpty();
        boolean known = seen || e.cpus() > 0 || e.memory() > 0;
        return new Engine(
                e.engine(),
                reachable(e.reachable()),
                e.reason(),
                e.observedAt(),
                e.version(),
                e.apiVersion(),
                e.endpoint(),
                new TreeMap<>(e.labels()),
                e.since(),
                seconds(e.latency()),
                e.breaker(),
                seconds(e.clockSkew()),
                known
                        ? new Engine.Capacity(cpus(e.cpus()), e.memory() > 0 ? e.memory() : null)
                        : null,
                new Engine.Used(e.usedNanoCpus() / 1e9, e.usedMemory(), e.containers()),
                e.certificateExpires(),
                e.pricePerHour() == null ? null : e.pricePerHour().doubleValue(),
                e.cordoned(),
                e.drained());
    }

    /** Returns a whole number as an integer; null if the number of CPUs is not known. */
    private static @Nullable Number cpus(double cpus) {
        if (cpus <= 0) {
            return null;
        }
        return cpus == Math.rint(cpus) ? (Number) (long) cpus : (Number) cpus;
    }

    /** Returns seconds, rounded to milliseconds. */
    private static @Nullable Double seconds(@Nullable Duration d) {
        return d == null
                ? null
                : BigDecimal.valueOf(d.toNanos())
                        .movePointLeft(9)
                        .setScale(3, RoundingMode.HALF_UP)
                        .doubleValue();
    }

    static io.plumbline.api.Token token(AccessToken t, Instant now) {
        return new io.plumbline.api.Token(
                t.id(),
                t.name(),
                t.grant().role().word(),
                t.grant().pipelines(),
                t.revokedAt() != null ? "revoked" : t.good(now) ? "good" : "expired",
                t.createdBy(),
                t.createdAt(),
                t.expiresAt(),
                t.revokedAt(),
                t.lastUsedAt());
    }

    static AuditEntry audit(AuditRecord r) {
        var e = r.entry();
        return new AuditEntry(
                e.action(),
                e.address(),
                e.allowed(),
                e.at(),
                e.by(),
                e.claimed(),
                e.detail(),
                e.of(),
                e.outcome(),
                e.parameters(),
                e.pipeline(),
                r.previous(),
                e.proof(),
                r.seq(),
                r.hash());
    }

    static AuditVerdict verdict(AuditChain.Verdict v) {
        return new AuditVerdict(
                v.good(),
                v.records(),
                v.good() ? null : v.firstBad(),
                v.reason(),
                v.seq(),
                v.head());
    }

    static io.plumbline.api.Delivery delivery(WebhookDelivery d) {
        return new io.plumbline.api.Delivery(
                d.id(),
                d.repository(),
                d.at(),
                d.lastAt(),
                d.times(),
                d.from(),
                d.provider(),
                d.event(),
                d.hostId(),
                d.accepted(),
                d.result().word(),
                d.commit(),
                d.reason());
    }
}
