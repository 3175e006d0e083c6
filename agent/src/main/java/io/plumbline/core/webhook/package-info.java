/**
 * What a Git host's webhook must bring to be believed, and what is kept of it. A webhook carries no
 * facts (invariant 1): nothing here reads a payload.
 */
@NullMarked
package io.plumbline.core.webhook;

import org.jspecify.annotations.NullMarked;
