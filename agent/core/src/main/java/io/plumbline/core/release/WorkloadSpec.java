package io.plumbline.core.release;

import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.Resources;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Ulimit;
import io.plumbline.manifest.VolumeMount;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The complete definition of one container of a service, without replica number, release and secret
 * values. Its hash is the label {@code plumbline.spec}. The components have the meaning of {@link
 * io.plumbline.manifest.Service}; null leaves the choice to the image or the engine.
 */
public record WorkloadSpec(
        ImageRef image,
        @Nullable List<String> entrypoint,
        @Nullable List<String> command,
        SortedMap<String, String> env,
        @Nullable String user,
        @Nullable String workingDir,
        SortedMap<String, String> labels,
        List<Port> ports,
        List<SpecFile> files,
        List<SecretMount> secrets,
        List<VolumeMount> volumes,
        SortedMap<String, String> tmpfs,
        @Nullable Healthcheck healthcheck,
        Resources resources,
        boolean readOnly,
        SortedMap<String, Ulimit> ulimits,
        @Nullable String stopSignal,
        Duration stopGracePeriod,
        RestartPolicy restart,
        @Nullable Logging logging,
        FieldValues fields) {

    /** Returns the same spec with other texts of what runs. */
    public WorkloadSpec withTexts(
            @Nullable List<String> otherEntrypoint,
            @Nullable List<String> otherCommand,
            SortedMap<String, String> otherEnv) {
        return new WorkloadSpec(
                image,
                otherEntrypoint,
                otherCommand,
                otherEnv,
                user,
                workingDir,
                labels,
                ports,
                files,
                secrets,
                volumes,
                tmpfs,
                healthcheck,
                resources,
                readOnly,
                ulimits,
                stopSignal,
                stopGracePeriod,
                restart,
                logging,
                fields);
    }

    /** Returns the same spec with other files. */
    public WorkloadSpec withFiles(List<SpecFile> others) {
        return new WorkloadSpec(
                image,
                entrypoint,
                command,
                env,
                user,
                workingDir,
                labels,
                ports,
                List.copyOf(others),
                secrets,
                volumes,
                tmpfs,
                healthcheck,
                resources,
                readOnly,
                ulimits,
                stopSignal,
                stopGracePeriod,
                restart,
                logging,
                fields);
    }
}
