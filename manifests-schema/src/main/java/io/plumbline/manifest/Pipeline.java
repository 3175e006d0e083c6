package io.plumbline.manifest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline as a committer wrote it, with the defaults of the language filled in.
 *
 * @param metadata name and labels
 * @param engines names of engines from {@code placement.engines}; null means every engine of the
 *     repository
 * @param drift what to do about drift
 * @param services in the order of the file
 * @param rollout how a release is brought out
 * @param position where the document begins
 */
public record Pipeline(
        Metadata metadata,
        @Nullable List<String> engines,
        DriftMode drift,
        List<Service> services,
        Rollout rollout,
        Position position)
        implements Manifest {}
