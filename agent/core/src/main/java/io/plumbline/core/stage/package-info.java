/**
 * The stages of a deployment as pure functions: what is known of the outside in, a decision out.
 */
@NullMarked
package io.plumbline.core.stage;

import org.jspecify.annotations.NullMarked;
