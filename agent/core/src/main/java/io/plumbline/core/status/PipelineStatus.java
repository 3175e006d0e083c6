package io.plumbline.core.status;

import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.OperatorHold;
import io.plumbline.core.rollout.Quarantine;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The status of a pipeline for {@code plumb status}. The components are the JSON keys of
 * docs/reference.md.
 *
 * @param pipeline its name
 * @param state the first state that holds
 * @param reason why, for people
 * @param health of the running containers
 * @param healthReason why they are not healthy, with the evidence, for people; empty if they are
 * @param healthAck an operator's acknowledgement, or null
 * @param release the deployed release; null before the first
 * @param commit the newest commit of the branch that renders {@code release}
 * @param head the commit that {@code state} was computed for
 * @param stableRelease the stable release that runs; if none runs, the newest of the release
 *     history that is not quarantined
 * @param stableCommit the newest commit that renders it
 * @param hold an operator's hold, or null
 * @param paused an operator's pause, or null
 * @param quarantined releases that the agent does not deploy by itself
 * @param deployment the newest deployment, or null
 * @param cleanUp what is still done about what ran before the newest deployment, for people; empty
 *     if nothing is
 * @param rollback the target of {@code plumb rollback}, or null
 * @param observedAt time of the observation; null if there is none
 * @param engines each engine of the pipeline
 * @param services each service on each engine
 * @param engineName the pipeline's name on the engines: its first name
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
        @Nullable DeploymentRecord deployment,
        String cleanUp,
        @Nullable RollbackTarget rollback,
        @Nullable Instant observedAt,
        List<EngineStatus> engines,
        List<ServiceStatus> services,
        String engineName,
        List<String> was) {

    /** Creates the status of a pipeline that was never renamed. */
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
            @Nullable DeploymentRecord deployment,
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
                "",
                rollback,
                observedAt,
                engines,
                services,
                pipeline,
                List.of());
    }

    /** Whether an operator has acknowledged every service that is not healthy. */
    public boolean acknowledged() {
        var ack = healthAck;
        var lost = services.stream().filter(s -> !s.reason().isEmpty()).toList();
        return ack != null
                && state != SyncState.UNKNOWN
                && !lost.isEmpty()
                && health != HealthState.HEALTHY
                && lost.stream().allMatch(s -> ack.covers(s.service()));
    }

    /**
     * The state of a pipeline compared with Git: the first that holds, in this order. See
     * docs/concepts.md.
     */
    public enum SyncState {
        /** The engines' state is not known, or too old. */
        UNKNOWN,
        /** An operator paused the pipeline. */
        PAUSED,
        /** A first release failed, or the stable release itself failed during a revert. */
        FAILED,
        /** The head cannot be deployed until someone acts or an obstacle ends. */
        BLOCKED,
        /** A deployment, revert or rollback is under way. */
        PROGRESSING,
        /** Something else changes a repaired field again and again. */
        CONTESTED,
        /** Containers differ from the release. */
        DRIFTED,
        /** The pipeline runs the target of an operator's rollback. */
        ROLLED_BACK,
        /** The pipeline runs the last stable release because the head failed. */
        REVERTED,
        /** The pipeline runs what the head describes. */
        SYNCED;

        /** Returns the word in the API's JSON. */
        public String word() {
            return words(name());
        }
    }

    /** The health of services. */
    public enum HealthState {
        /** All desired replicas are healthy. */
        HEALTHY,
        /** Replicas start, and their checks have no result yet. */
        PROGRESSING,
        /** Some replicas of a service are not healthy. */
        DEGRADED,
        /** No replica of a service is healthy. */
        UNHEALTHY,
        /** A service has no replica. */
        MISSING,
        /** The replicas are not observed, or the newest health check is too old. */
        UNKNOWN;

        /** Returns the word in the API's JSON. */
        public String word() {
            return words(name());
        }
    }

    /**
     * The target of a rollback.
     *
     * @param target release id
     * @param commit a commit that renders it; null if none is known
     * @param ready whether the engines have everything that it needs
     * @param missing what they lack, for people
     */
    public record RollbackTarget(
            String target, @Nullable String commit, boolean ready, List<String> missing) {}

    /**
     * An engine of a pipeline.
     *
     * @param engine name
     * @param reachable whether the last observation succeeded
     * @param reason why it did not; empty if it did
     * @param observedAt time of the last observation; null if there is none
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
     * @param desired number of desired replicas
     * @param running number of running containers of the deployed release
     * @param healthy number of healthy ones among these
     * @param restarts number of restarts by the engine, of all containers
     * @param image reference as written in the manifest
     * @param drift fields that differ
     * @param ports published ports of the running containers, by container and port
     * @param lastCheck the newest failed health check, or else the newest one; null if the engine
     *     reports none
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

        /** Creates a status without published ports and health checks. */
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
     * @param replica its name
     * @param targetPort the port in the container
     * @param protocol tcp or udp
     * @param hostIp the address on which the host listens
     * @param hostPort the port of the host
     */
    public record ServicePort(
            String replica, int targetPort, String protocol, String hostIp, int hostPort) {}

    /**
     * A result of a container's health check.
     *
     * @param replica its name
     * @param passed whether the check passed
     * @param evidence which check, and its answer, for people
     * @param at when it ended, by the engine's clock
     */
    public record LastCheck(String replica, boolean passed, String evidence, Instant at) {}

    private static String words(String constant) {
        var out = new StringBuilder();
        for (var part : constant.split("_")) {
            out.append(part.charAt(0)).append(part.substring(1).toLowerCase(java.util.Locale.ROOT));
        }
        return out.toString();
    }
}
