package io.plumbline.manifest;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When an earlier result of an equal step is taken.
 *
 * @param enabled null for the default: yes, unless the step mounts a volume
 * @param maxAge oldest result that is taken; null for any
 * @param version a text whose change makes the step run again
 * @param ignore names of variables whose values do not matter
 */
public record StepCache(
        @Nullable Boolean enabled, @Nullable Duration maxAge, String version, List<String> ignore) {

    /** The cache of a step that says nothing of it. */
    public static final StepCache DEFAULT = new StepCache(null, null, "", List.of());
}
