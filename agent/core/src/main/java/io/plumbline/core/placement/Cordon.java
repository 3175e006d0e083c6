package io.plumbline.core.placement;

import java.time.Instant;

/**
 * An operator's instruction that nothing new is placed on an engine.
 *
 * @param drain whether its replicas must also move away, if they may
 * @param by the operator
 * @param at wall clock, for display only
 * @param reason as given, may be empty
 */
public record Cordon(boolean drain, String by, Instant at, String reason) {}
