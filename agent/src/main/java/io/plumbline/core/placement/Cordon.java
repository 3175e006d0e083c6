package io.plumbline.core.placement;

import java.time.Instant;

/**
 * An operator's word about an engine: nothing new is put there.
 *
 * @param drain whether what is there and may leave leaves, too
 * @param by who
 * @param at wall clock, for display only
 * @param reason as given, may be empty
 */
public record Cordon(boolean drain, String by, Instant at, String reason) {}
