package io.plumbline.engine.docker.live;

import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * An image of an engine, with the settings that it gives containers.
 *
 * @param id {@code sha256:...}
 * @param repoDigests {@code repository@sha256:...}; empty for an image that is in no registry
 * @param entrypoint empty if none
 * @param command empty if none
 * @param env by name
 * @param user empty if none
 * @param workingDir empty if none
 * @param exposedPorts {@code 8080/tcp}
 * @param volumes target paths of its VOLUME lines
 * @param healthcheck null if none
 * @param labels of the image
 * @param stopSignal empty if none
 */
public record LiveImage(
        String id,
        SortedSet<String> repoDigests,
        List<String> entrypoint,
        List<String> command,
        SortedMap<String, String> env,
        String user,
        String workingDir,
        SortedSet<String> exposedPorts,
        SortedSet<String> volumes,
        LiveConfig.@Nullable LiveHealthcheck healthcheck,
        SortedMap<String, String> labels,
        String stopSignal) {}
