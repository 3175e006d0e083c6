package io.plumbline.port;

import io.plumbline.core.status.PipelineStatus;
import java.time.Duration;
import java.time.Instant;

/** What the loops report for metrics. Names and labels are the receiver's. */
public interface Telemetry {

    /** A deployment ended. */
    void deploymentFinished(String pipeline, String outcome);

    /** A stage of the way from a commit to healthy: fetch, resolve, pull, apply, health, soak. */
    void stage(String stage, Duration took);

    /** From a commit being seen to all services healthy. */
    void commitToHealthy(Duration took);

    /** Drift was found in a field. */
    void driftDetected(String pipeline);

    /** Drift was repaired. */
    void driftRepaired(String pipeline);

    /** A rollback or revert ended: cause operator or failure. */
    void rollbackFinished(String cause, Duration took);

    /** A fetch ended. */
    void fetched(String repository, Duration took, boolean failed);

    /** Whether the last look at a repository read all of its head. */
    void repositoryUp(String repository, boolean up);

    /** Whether an engine answers. */
    void engineUp(String engine, boolean up);

    /** A call for an engine was refused at once, without a byte sent: it is known to be away. */
    void engineRefused(String engine);

    /** Whether another agent of the same name is taken to work there. */
    void engineContested(String engine, boolean contested);

    /** An observation was completed just now; its age is counted from here. */
    void observed(String engine);

    /** What was found of an engine by the last look. */
    void engineFigures(String engine, EngineFigures figures);

    /** Until when the certificates are good, ours and the engine's, whichever ends first. */
    void engineCertificate(String engine, Instant until);

    /** How a pipeline stands now, in place of what was told of it before. */
    void pipelineStands(PipelineStatus status);

    /** A pipeline is gone, or not looked at any more. */
    void pipelineGone(String pipeline);

    /** A reconcile ended. */
    void reconciled(String pipeline, Duration took);

    /**
     * A webhook delivery came.
     *
     * @param repository of the configuration, or {@code unknown}
     * @param outcome accepted, duplicate, ping, refused
     */
    void webhook(String repository, String outcome);

    /**
     * Figures of an engine; NaN for what is not known.
     *
     * @param latency median of the last list calls, seconds
     * @param clockSkew the engine's clock less ours, seconds
     * @param cpus of the host
     * @param memory of the host, bytes
     * @param usedCpus limits of our containers that run
     * @param usedMemory the same, bytes
     * @param containers ours that run
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
