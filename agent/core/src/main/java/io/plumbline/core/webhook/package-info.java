/**
 * The authentication of a Git host's webhooks, and the records of their deliveries. A webhook
 * carries no facts (invariant 1): nothing here reads a payload.
 */
@NullMarked
package io.plumbline.core.webhook;

import org.jspecify.annotations.NullMarked;
