package io.plumbline.runtime;

import io.plumbline.core.status.PipelineStatus;
import io.plumbline.port.Telemetry;
import java.time.Duration;
import java.time.Instant;

/** Nobody counts. */
public final class SilentTelemetry implements Telemetry {
    @Override
    public void deploymentFinished(String pipeline, String outcome) {}

    @Override
    public void stage(String stage, Duration took) {}

    @Override
    public void commitToHealthy(Duration took) {}

    @Override
    public void driftDetected(String pipeline) {}

    @Override
    public void driftRepaired(String pipeline) {}

    @Override
    public void rollbackFinished(String cause, Duration took) {}

    @Override
    public void fetched(String repository, Duration took, boolean failed) {}

    @Override
    public void repositoryUp(String repository, boolean up) {}

    @Override
    public void engineUp(String engine, boolean up) {}

    @Override
    public void engineRefused(String engine) {}

    @Override
    public void engineContested(String engine, boolean contested) {}

    @Override
    public void observed(String engine) {}

    @Override
    public void engineFigures(String engine, EngineFigures figures) {}

    @Override
    public void engineCertificate(String engine, Instant until) {}

    @Override
    public void pipelineStands(PipelineStatus status) {}

    @Override
    public void pipelineGone(String pipeline) {}

    @Override
    public void reconciled(String pipeline, Duration took) {}

    @Override
    public void webhook(String repository, String outcome) {}
}
