/** The release state machine: from state and facts to a decision. Pure. */
@NullMarked
package io.plumbline.core.rollout;

import org.jspecify.annotations.NullMarked;
