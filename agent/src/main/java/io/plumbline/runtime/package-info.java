/**
 * The loops: mailboxes, deadlines, resilience, carrying out plans, recovery at start. The only
 * package that asks what time it is.
 */
@NullMarked
package io.plumbline.runtime;

import org.jspecify.annotations.NullMarked;
