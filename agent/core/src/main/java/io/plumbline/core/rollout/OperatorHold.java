package io.plumbline.core.rollout;

import java.time.Instant;

/**
 * An operator's instruction that lasts: pause or hold.
 *
 * @param by the operator
 * @param at wall clock, for display only
 * @param reason as given, may be empty
 */
public record OperatorHold(String by, Instant at, String reason) {}
