package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A service of a manifest, with the defaults of the language filled in. A null means that the
 * manifest does not give the value, so that the image or the engine decides.
 *
 * @param name {@code [a-z0-9-]}, 1 to 40 characters, unique in its pipeline
 * @param dependsOn names of services that must be healthy before this one starts
 * @param image reference as written, for example {@code registry.example.com/recsys/serve:1.4.2}
 * @param replicas at least 0; default 1. On each engine, or in total: {@link Strategy#total()}
 * @param entrypoint replacement of the image's ENTRYPOINT
 * @param command replacement of the image's CMD; {@code args} of the manifest are already appended
 * @param env by name; values as written
 * @param user {@code uid[:gid]} or names
 * @param workingDir absolute path
 * @param labels the committer's own labels on each container; never {@code plumbline.*}
 * @param ports in the order of the file
 * @param files files from Git, copied into the container
 * @param secrets values from the agent's secret store
 * @param volumes named volumes
 * @param tmpfs by target path; the value holds mount options, possibly empty
 * @param healthcheck null if the image's own is used
 * @param resources limits of each container
 * @param readOnly whether containers have a read-only root file system
 * @param ulimits by name
 * @param stopSignal for example {@code SIGTERM}; null for the image's or the engine's
 * @param stopGracePeriod time between the stop signal and the kill; default 10 s
 * @param restart default {@link RestartPolicy#UNLESS_STOPPED}
 * @param pull default {@link PullPolicy#MISSING}
 * @param logging null for {@code json-file, max-size 10m, max-file 3}
 * @param fields the fields that need no code of their own
 * @param position beginning of the service
 * @param stateful whether it has data that only one engine can have, so that it never moves by
 *     itself
 * @param restartUnhealthyAfter time without a passed check after which an unhealthy container is
 *     restarted; null if it is only reported
 * @param inputs data of steps, copied into each container before its start
 */
public record Service(
        String name,
        List<String> dependsOn,
        String image,
        int replicas,
        @Nullable List<String> entrypoint,
        @Nullable List<String> command,
        SortedMap<String, String> env,
        @Nullable String user,
        @Nullable String workingDir,
        SortedMap<String, String> labels,
        List<Port> ports,
        List<FileMount> files,
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
        PullPolicy pull,
        @Nullable Logging logging,
        FieldValues fields,
        Position position,
        boolean stateful,
        @Nullable Duration restartUnhealthyAfter,
        List<StepInput> inputs) {}
