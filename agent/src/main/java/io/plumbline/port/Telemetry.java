package io.plumbline.port;

import java.time.Duration;

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

    /** Whether an engine answers. */
    void engineUp(String engine, boolean up);

    /** An observation was completed just now; its age is counted from here. */
    void observed(String engine);

    /** A reconcile ended. */
    void reconciled(String pipeline, Duration took);

    /**
     * A webhook delivery came.
     *
     * @param repository of the configuration, or {@code unknown}
     * @param outcome accepted, duplicate, ping, refused
     */
    void webhook(String repository, String outcome);
}
