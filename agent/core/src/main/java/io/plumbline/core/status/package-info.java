/** The status of a pipeline, computed from its state and the observations. Pure. */
@NullMarked
package io.plumbline.core.status;

import org.jspecify.annotations.NullMarked;
