/** Mailboxes, hints and waits: what a thread of the agent does between two passes. */
@NullMarked
package io.plumbline.runtime.loop;

import org.jspecify.annotations.NullMarked;
