/** Deliveries of Git hosts: which are believed, what they cause, and their records. */
@NullMarked
package io.plumbline.runtime.webhook;

import org.jspecify.annotations.NullMarked;
