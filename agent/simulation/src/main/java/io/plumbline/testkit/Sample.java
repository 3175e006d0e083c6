package io.plumbline.testkit;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.OperatorHold;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.EngineStatus;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.LastCheck;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.PipelineStatus.ServicePort;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.Reason;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.port.Control.EngineView;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Records with every component filled, for tests of what is shown. */
public final class Sample {
    /** When everything in a sample happened. */
    public static final Instant AT = Instant.parse("2026-01-31T08:15:00.250Z");

    /** The release that runs. */
    public static final String RELEASE = "v1:bbbbbbbbbbbbbbbb";

    /** The release before it. */
    public static final String EARLIER = "v1:aaaaaaaaaaaaaaaa";

    /** The commit that renders {@link #RELEASE}. */
    public static final String COMMIT = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";

    /** The commit that renders {@link #EARLIER}. */
    public static final String EARLIER_COMMIT = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

    private Sample() {}

    /** A pipeline in that state with nothing under way. */
    public static PipelineStatus status(String pipeline, SyncState state) {
        return status(pipeline, state, RELEASE, deployment(1, RELEASE, DeploymentState.STABLE));
    }

    /** A pipeline in that state, with that release deployed and that deployment the newest. */
    public static PipelineStatus status(
            String pipeline,
            SyncState state,
            String release,
            @Nullable DeploymentRecord deployment) {
        return new PipelineStatus(
                pipeline,
                state,
                "because of a test",
                HealthState.HEALTHY,
                "",
                null,
                release,
                COMMIT,
                COMMIT,
                EARLIER,
                EARLIER_COMMIT,
                null,
                null,
                List.of(),
                deployment,
                new RollbackTarget(EARLIER, EARLIER_COMMIT, true, List.of()),
                AT,
                List.of(new EngineStatus("local", true, "", AT)),
                List.of(
                        new ServiceStatus(
                                "serve",
                                "local",
                                HealthState.HEALTHY,
                                "",
                                2,
                                2,
                                1,
                                3,
                                "registry.example.com/serve:1.4.2",
                                List.of("memory"),
                                List.of(
                                        new ServicePort(
                                                "recsys-serve-1-ab12cd",
                                                8080,
                                                "tcp",
                                                "0.0.0.0",
                                                18101),
                                        new ServicePort(
                                                "recsys-serve-2-ab12cd",
                                                8080,
                                                "tcp",
                                                "0.0.0.0",
                                                18103),
                                        new ServicePort(
                                                "recsys-serve-2-ab12cd",
                                                9090,
                                                "udp",
                                                "127.0.0.1",
                                                19090)),
                                new LastCheck(
                                        "recsys-serve-2-ab12cd",
                                        false,
                                        "GET http://:8080/healthz answered 404 (last at"
                                                + " 2026-01-31T08:15:00Z)",
                                        AT))));
    }

    /** The same with hold, pause, quarantine and an incomplete rollback target. */
    public static PipelineStatus troubled(String pipeline) {
        var s = status(pipeline, SyncState.PAUSED);
        return new PipelineStatus(
                s.pipeline(),
                s.state(),
                s.reason(),
                HealthState.DEGRADED,
                "serve: 1 of 2 replicas unhealthy",
                new HealthAck("eve", AT, AT.plusSeconds(7200), "disk", List.of("serve")),
                s.release(),
                s.commit(),
                s.head(),
                s.stableRelease(),
                s.stableCommit(),
                new OperatorHold("ada", AT, "stay"),
                new OperatorHold("bob", AT, "hands off"),
                List.of(
                        new Quarantine(
                                "v1:cccccccccccccccc",
                                "",
                                COMMIT,
                                Quarantine.Cause.FAILED,
                                "serve exited with 1",
                                "agent",
                                AT)),
                s.deployment(),
                new RollbackTarget(EARLIER, null, false, List.of("image serve:1.4.1")),
                s.observedAt(),
                s.engines(),
                s.services());
    }

    /**
     * A pipeline in that state for that reason, unhealthy for the other one if that is not empty.
     */
    public static PipelineStatus reason(
            String pipeline, SyncState state, String reason, String unhealthy) {
        var s = status(pipeline, state);
        var serve = s.services().getFirst();
        return new PipelineStatus(
                pipeline,
                state,
                reason,
                unhealthy.isEmpty() ? HealthState.HEALTHY : HealthState.UNHEALTHY,
                unhealthy,
                null,
                s.release(),
                s.commit(),
                s.head(),
                s.release(),
                s.commit(),
                null,
                null,
                List.of(4, 1, 3, 2, 5).stream().map(Sample::quarantine).toList(),
                s.deployment(),
                s.rollback(),
                s.observedAt(),
                s.engines(),
                List.of(
                        new ServiceStatus(
                                serve.service(),
                                serve.engine(),
                                unhealthy.isEmpty() ? HealthState.HEALTHY : HealthState.UNHEALTHY,
                                unhealthy,
                                1,
                                1,
                                unhealthy.isEmpty() ? 1 : 0,
                                1,
                                serve.image(),
                                List.of(),
                                List.of(),
                                null)));
    }

    private static Quarantine quarantine(int number) {
        return new Quarantine(
                "v1:" + String.valueOf(number).repeat(16),
                "",
                COMMIT,
                Quarantine.Cause.FAILED,
                "failure " + number,
                "agent",
                AT.minusSeconds(100 - number));
    }

    /** A pipeline of which nothing is known yet. */
    public static PipelineStatus unknown(String pipeline) {
        return new PipelineStatus(
                pipeline,
                SyncState.UNKNOWN,
                "not observed yet",
                HealthState.UNKNOWN,
                "",
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                List.of(),
                null,
                null,
                null,
                List.of(),
                List.of());
    }

    /** A deployment with that number. */
    public static DeploymentRecord deployment(int number, String release, DeploymentState state) {
        return new DeploymentRecord(
                "d-" + number,
                release,
                COMMIT,
                EARLIER,
                state,
                "",
                "agent",
                Trigger.GIT,
                null,
                1,
                null,
                Duration.ofMinutes(10),
                AT,
                state.finished() ? AT.plusSeconds(40) : null);
    }

    /** A plan that replaces one container. */
    public static WorkloadPlan plan(String pipeline) {
        var services = new TreeMap<String, ReplacementStrategy>();
        services.put("serve", ReplacementStrategy.START_FIRST);
        services.put("store", ReplacementStrategy.STOP_FIRST);
        var why = List.of(new Reason("memory", "512m", "1g"), new Reason("env[NEW]", "", "yes"));
        return new ActionPlan(
                        pipeline,
                        RELEASE,
                        COMMIT,
                        EARLIER,
                        services,
                        List.of(
                                new Action.Pull("local", "serve:1.4.2", "serve@sha256:00", "", why),
                                new Action.Create(
                                        "local",
                                        "serve",
                                        1,
                                        "recsys-serve-1-bbbbbb",
                                        false,
                                        "u1",
                                        why)),
                        List.of())
                .shown()
                .through(List.of("resolve", "place", "apply", "soak"));
    }

    /** A plan with nothing to do. */
    public static WorkloadPlan emptyPlan(String pipeline) {
        return new WorkloadPlan(
                pipeline, RELEASE, COMMIT, RELEASE, new TreeMap<>(), List.of(), List.of());
    }

    /** An event of that number. */
    public static PipelineEvent event(long seq, String pipeline, String type) {
        return new PipelineEvent(
                seq, AT, pipeline, "d-1", "local", "serve", type, "memory", "512m", "1g", "drift");
    }

    /** An engine that answers. */
    public static EngineView engine(String name) {
        return new EngineView(
                name,
                "unix:///var/run/docker.sock",
                true,
                "",
                "20.10.24",
                "1.41",
                new TreeMap<>(Map.of("cloud", "aws")),
                4,
                AT,
                AT,
                Duration.ofMillis(12),
                "Closed",
                Duration.ofMillis(-400),
                8,
                32L << 30,
                1_500_000_000L,
                1L << 30,
                AT.plus(Duration.ofDays(90)),
                new BigDecimal("0.42"),
                true,
                false);
    }

    /** An engine that has never answered. */
    public static EngineView engineNeverSeen(String name, String reason) {
        return new EngineView(
                name,
                "tcp://10.0.0.5:2376",
                false,
                reason,
                "",
                "",
                new TreeMap<>(),
                0,
                null,
                AT,
                null,
                "Open",
                null,
                0,
                0,
                0,
                0,
                null,
                null,
                false,
                false);
    }

    /** Returns the same status while what ran before is still stopped. */
    public static PipelineStatus cleaningUp(PipelineStatus s) {
        return new PipelineStatus(
                s.pipeline(),
                s.state(),
                s.reason(),
                s.health(),
                s.healthReason(),
                s.healthAck(),
                s.release(),
                s.commit(),
                s.head(),
                s.stableRelease(),
                s.stableCommit(),
                s.hold(),
                s.paused(),
                s.quarantined(),
                s.deployment(),
                "stopping what ran before",
                s.rollback(),
                s.observedAt(),
                s.engines(),
                s.services(),
                s.engineName(),
                s.was());
    }
}
