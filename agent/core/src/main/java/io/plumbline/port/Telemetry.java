package io.plumbline.port;

import io.plumbline.core.status.PipelineStatus;
import java.time.Duration;
import java.time.Instant;

/** The receiver of the loops' metrics. It chooses names and labels. */
public interface Telemetry {

    /** Records that a deployment ended. */
    void deploymentFinished(String pipeline, String outcome);

    /** Records the duration of a stage from commit to healthy: resolve, pull, health, soak. */
    void stage(String stage, Duration took);

    /** Records the time from the sight of a commit until all services were healthy. */
    void commitToHealthy(Duration took);

    /** Records drift of a field. */
    void driftDetected(String pipeline);

    /** Records a repair of drift. */
    void driftRepaired(String pipeline);

    /** Records that a rollback or revert ended; the cause is operator or failure. */
    void rollbackFinished(String cause, Duration took);

    /** Records that a fetch ended. */
    void fetched(String repository, Duration took, boolean failed);

    /** Records whether the last refresh of a repository read all of its head. */
    void repositoryUp(String repository, boolean up);

    /** Records whether an engine answers. */
    void engineUp(String engine, boolean up);

    /**
     * Records that a call to an engine was refused at once, without a byte sent, because it is
     * unreachable.
     */
    void engineRefused(String engine);

    /** Records whether another agent of the same name probably works on the engine. */
    void engineContested(String engine, boolean contested);

    /** Records that an observation was completed now; its age begins at this call. */
    void observed(String engine);

    /** Records the figures of an engine from the last observation. */
    void engineFigures(String engine, EngineFigures figures);

    /**
     * Records the expiry of an engine's certificates: the earlier one of the agent's and the
     * engine's.
     */
    void engineCertificate(String engine, Instant until);

    /** Records a pipeline's status; replaces the earlier one. */
    void pipelineStands(PipelineStatus status);

    /** Records that a pipeline was removed or is not watched any more. */
    void pipelineGone(String pipeline);

    /** Records that a reconcile ended. */
    void reconciled(String pipeline, Duration took);

    /**
     * Records a webhook delivery.
     *
     * @param repository name in the configuration, or {@code unknown}
     * @param outcome accepted, duplicate, ping, refused
     */
    void webhook(String repository, String outcome);

    /**
     * Figures of an engine; NaN for an unknown one.
     *
     * @param latency median of the last list calls, seconds
     * @param clockSkew the engine's clock minus the agent's, seconds
     * @param cpus of the host
     * @param memory of the host, bytes
     * @param usedCpus limits of Plumbline's running containers
     * @param usedMemory the same, bytes
     * @param containers number of Plumbline's running containers
     */
    record EngineFigures(
            double latency,
            double clockSkew,
            double cpus,
            double memory,
            double usedCpus,
            double usedMemory,
            double containers) {}
}
