package io.plumbline.manifest;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits of a step's time.
 *
 * @param running of one attempt; null for none
 * @param queued of the wait for an engine and a free place; null for none
 */
public record StepTimeout(@Nullable Duration running, @Nullable Duration queued) {

    /** No limits. */
    public static final StepTimeout NONE = new StepTimeout(null, null);
}
