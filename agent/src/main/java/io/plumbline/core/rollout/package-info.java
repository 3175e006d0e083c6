/** The release state machine: state and facts in, decision out. Pure. */
@NullMarked
package io.plumbline.core.rollout;

import org.jspecify.annotations.NullMarked;
