package io.plumbline.core.status;

import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.OperatorHold;
import io.plumbline.core.rollout.Quarantine;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code plumb status} shows of a pipeline; the components are the JSON keys of
 * docs/reference.md.
 *
 * @param pipeline its name
 * @param state the first that holds
 * @param reason why, for people
 * @param health of what runs
 * @param healthReason why it is not healthy, with the evidence, for people; empty if it is
 * @param healthAck what an operator acknowledged, or null
 * @param release deployed; null before the first
 * @param commit the newest on the branch that renders {@code release}
 * @param head the commit that {@code state} was computed for
 * @param stableRelease the stable release that runs; while there is none, the newest on the line
 *     that was not left
 * @param stableCommit that renders it
 * @param hold an operator's hold or null
 * @param paused an operator's pause or null
 * @param quarantined releases that are not deployed by themselves
 * @param deployment the newest or null
 * @param rollback where {@code plumb rollback} would go, or null
 * @param observedAt when what is shown was observed; null if never
 * @param engines each engine of the pipeline
 * @param services each service on each engine
 * @param engineName the pipeline's name on the engines: the first that it had
 * @param was its earlier names, newest first
 */
public record PipelineStatus(
        String pipeline,
        SyncState state,
        String reason,
        HealthState health,
        String healthReason,
        @Nullable HealthAck healthAck,
        @Nullable String release,
        @Nullable String commit,
        @Nullable String head,
        @Nullable String stableRelease,
        @Nullable String stableCommit,
        @Nullable OperatorHold hold,
        @Nullable OperatorHold paused,
        List<Quarantine> quarantined,
        @Nullable Deployment deployment,
        @Nullable RollbackTarget rollback,
        @Nullable Instant observedAt,
        List<EngineStatus> engines,
        List<ServiceStatus> services,
        String engineName,
        List<String> was) {

    /** Of a pipeline that was never renamed. */
    public PipelineStatus(
            String pipeline,
            SyncState state,
            String reason,
            HealthState health,
            String healthReason,
            @Nullable HealthAck healthAck,
            @Nullable String release,
            @Nullable String commit,
            @Nullable String head,
            @Nullable String stableRelease,
            @Nullable String stableCommit,
            @Nullable OperatorHold hold,
            @Nullable OperatorHold paused,
            List<Quarantine> quarantined,
            @Nullable Deployment deployment,
            @Nullable RollbackTarget rollback,
            @Nullable Instant observedAt,
            List<EngineStatus> engines,
            List<ServiceStatus> services) {
        this(
                pipeline,
                state,
                reason,
                health,
                healthReason,
                healthAck,
                release,
                commit,
                head,
                stableRelease,
                stableCommit,
                hold,
                paused,
                quarantined,
                deployment,
                rollback,
                observedAt,
                engines,
                services,
                pipeline,
                List.of());
    }

    /** Whether an operator knows of everything that is not healthy. */
    public boolean acknowledged() {
        var ack = healthAck;
        var lost = services.stream().filter(s -> !s.reason().isEmpty()).toList();
        return ack != null
                && state != SyncState.UNKNOWN
                && !lost.isEmpty()
                && health != HealthState.HEALTHY
                && lost.stream().allMatch(s -> ack.covers(s.service()));
    }

    /** How a pipeline stands to Git; the first that holds, in this order. */
    public enum SyncState {
        /** No observation young enough. */
        UNKNOWN,
        /** An operator paused it. */
        PAUSED,
        /** The newest deployment failed and nothing could be put back, or a revert failed. */
        FAILED,
        /** Something has to be done by a person, or waited for, first. */
        BLOCKED,
        /** A deployment is under way. */
        PROGRESSING,
        /** The same field is repaired again and again. */
        CONTESTED,
        /** Containers differ from the release. */
        DRIFTED,
        /** On an earlier release by an operator's word. */
        ROLLED_BACK,
        /** On an earlier release because the head failed. */
        REVERTED,
        /** What Git says runs. */
        SYNCED;

        /** As the JSON of the API spells it. */
        public String word() {
            return words(name());
        }
    }

    /** Health of services. */
    public enum HealthState {
        /** All that should run is healthy. */
        HEALTHY,
        /** Not judged yet. */
        PROGRESSING,
        /** Some is not healthy. */
        DEGRADED,
        /** None is healthy. */
        UNHEALTHY,
        /** Nothing is there. */
        MISSING,
        /** Not observed, or the newest health check is too old. */
        UNKNOWN;

        /** As the JSON of the API spells it. */
        public String word() {
            return words(name());
        }
    }

    /**
     * Where a rollback would go.
     *
     * @param target release id
     * @param commit that renders it, or null if not known any more
     * @param ready whether all it needs is on the engines
     * @param missing what is not, for people
     */
    public record RollbackTarget(
            String target, @Nullable String commit, boolean ready, List<String> missing) {}

    /**
     * An engine as one pipeline sees it.
     *
     * @param engine name
     * @param reachable Ready or Unreachable
     * @param reason why it is not reachable, else empty
     * @param observedAt the last observation, null if never
     */
    public record EngineStatus(
            String engine, boolean reachable, String reason, @Nullable Instant observedAt) {}

    /**
     * A service on an engine.
     *
     * @param service name
     * @param engine name
     * @param health of its containers
     * @param reason why they are not healthy, with the evidence, for people; empty if they are
     * @param desired replicas
     * @param running containers of the deployed release that run
     * @param healthy of those
     * @param restarts by the engine, in sum
     * @param image reference as written
     * @param drift fields that differ
     * @param ports that the engine publishes of the running containers, by container and port
     * @param lastCheck the newest health check that failed, else the newest of all; null where the
     *     engine reports none
     */
    public record ServiceStatus(
            String service,
            String engine,
            HealthState health,
            String reason,
            int desired,
            int running,
            int healthy,
            int restarts,
            String image,
            List<String> drift,
            List<ServicePort> ports,
            @Nullable LastCheck lastCheck) {

        /** Without published ports and health checks. */
        public ServiceStatus(
                String service,
                String engine,
                HealthState health,
                String reason,
                int desired,
                int running,
                int healthy,
                int restarts,
                String image,
                List<String> drift) {
            this(
                    service, engine, health, reason, desired, running, healthy, restarts, image,
                    drift, List.of(), null);
        }
    }

    /**
     * A published port of a container.
     *
     * @param container its name
     * @param containerPort the port in the container
     * @param protocol tcp or udp
     * @param hostIp on which the host listens
     * @param hostPort the port of the host
     */
    public record ServicePort(
            String container, int containerPort, String protocol, String hostIp, int hostPort) {}

    /**
     * A health check of the engine.
     *
     * @param container its name
     * @param passed whether the check passed
     * @param evidence which check, and what it answered, for people
     * @param at when it ended, by the engine's clock
     */
    public record LastCheck(String container, boolean passed, String evidence, Instant at) {}

    private static String words(String constant) {
        var out = new StringBuilder();
        for (var part : constant.split("_")) {
            out.append(part.charAt(0)).append(part.substring(1).toLowerCase(java.util.Locale.ROOT));
        }
        return out.toString();
    }
}
