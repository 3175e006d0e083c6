/**
 * The loops of the agent: mailboxes, deadlines, resilience, execution of plans, recovery at start.
 * Only this package reads the clock.
 */
@NullMarked
package io.plumbline.runtime;

import org.jspecify.annotations.NullMarked;
