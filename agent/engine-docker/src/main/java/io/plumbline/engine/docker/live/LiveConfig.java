package io.plumbline.engine.docker.live;

import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Ulimit;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a container, as {@code inspect} reports it. The engine has already merged
 * the values of the image. Zero and empty mean "not set".
 *
 * @param imageId {@code sha256:...} of the image's configuration
 * @param imageName the name given at creation
 * @param entrypoint effective
 * @param command effective
 * @param env effective, by name
 * @param user effective
 * @param workingDir effective
 * @param ports published
 * @param mounts volumes, binds and tmpfs that are mounts, sorted by target
 * @param tmpfs by target, with options
 * @param memory bytes
 * @param memorySwap bytes of memory and swap together; -1 for no limit
 * @param nanoCpus CPUs times 10^9
 * @param restart the policy's word: no, always, on-failure, unless-stopped
 * @param restartMaxRetries of on-failure
 * @param healthcheck null if neither the image nor the manifest has one
 * @param securityOpt for example {@code no-new-privileges}
 * @param privileged must be false
 * @param networkMode the network given at creation
 * @param pidMode empty, or {@code host} and such
 * @param ipcMode private, shareable, host
 * @param readOnly whether the root file system is read-only
 * @param ulimits by name
 * @param stopSignal effective, empty for the engine's default
 * @param stopTimeout null for the engine's default
 * @param logDriver effective
 * @param logOptions of the driver
 * @param devices host devices of the container, as {@code host:container}
 * @param fields the plain fields
 */
public record LiveConfig(
        String imageId,
        String imageName,
        List<String> entrypoint,
        List<String> command,
        SortedMap<String, String> env,
        String user,
        String workingDir,
        List<PublishedPort> ports,
        List<LiveMount> mounts,
        SortedMap<String, String> tmpfs,
        long memory,
        long memorySwap,
        long nanoCpus,
        String restart,
        int restartMaxRetries,
        @Nullable LiveHealthcheck healthcheck,
        SortedSet<String> securityOpt,
        boolean privileged,
        String networkMode,
        String pidMode,
        String ipcMode,
        boolean readOnly,
        SortedMap<String, Ulimit> ulimits,
        String stopSignal,
        @Nullable Duration stopTimeout,
        String logDriver,
        SortedMap<String, String> logOptions,
        List<String> devices,
        FieldValues fields) {

    /** The configuration of a container that was never inspected. */
    public static final LiveConfig NOT_SEEN =
            new LiveConfig(
                    "",
                    "",
                    List.of(),
                    List.of(),
                    Collections.emptySortedMap(),
                    "",
                    "",
                    List.of(),
                    List.of(),
                    Collections.emptySortedMap(),
                    0,
                    0,
                    0,
                    "",
                    0,
                    null,
                    Collections.emptySortedSet(),
                    false,
                    "",
                    "",
                    "",
                    false,
                    Collections.emptySortedMap(),
                    "",
                    null,
                    "",
                    Collections.emptySortedMap(),
                    List.of(),
                    FieldValues.NONE);

    /**
     * A port as requested, not as published.
     *
     * @param container the container's port
     * @param protocol tcp or udp
     * @param hostIp empty means 0.0.0.0
     * @param host as requested: a port, a range {@code 8080-8089}, or empty for the engine's choice
     */
    public record PublishedPort(int container, String protocol, String hostIp, String host) {}

    /**
     * A mount.
     *
     * @param type volume, bind, tmpfs
     * @param name the volume's name; for an anonymous one 64 hex
     * @param source the host's path of a bind; else empty
     * @param target path in the container
     * @param readOnly whether it cannot be written
     */
    public record LiveMount(
            String type, String name, String source, String target, boolean readOnly) {}

    /**
     * The engine's health check.
     *
     * @param test as the Engine API has it: {@code [NONE]}, {@code [CMD, ...]}, {@code [CMD-SHELL,
     *     ...]}
     * @param interval zero for the engine's default
     * @param timeout zero for the engine's default
     * @param startPeriod zero for the engine's default
     * @param retries zero for the engine's default
     */
    public record LiveHealthcheck(
            List<String> test,
            Duration interval,
            Duration timeout,
            Duration startPeriod,
            int retries) {}
}
