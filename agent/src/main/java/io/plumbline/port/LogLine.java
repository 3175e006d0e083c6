package io.plumbline.port;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A line of a container's log.
 *
 * @param at when it was logged, by the engine's clock; null where the engine does not say
 * @param text without its line end
 */
public record LogLine(@Nullable Instant at, String text) {}
