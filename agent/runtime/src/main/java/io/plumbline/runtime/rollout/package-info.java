/** The deployments of one pipeline over all its engines: placement, rollout, revert, clean-up. */
@NullMarked
package io.plumbline.runtime.rollout;

import org.jspecify.annotations.NullMarked;
