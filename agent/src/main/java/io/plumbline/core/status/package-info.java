/** What is shown of a pipeline, computed from its state and what was observed. Pure. */
@NullMarked
package io.plumbline.core.status;

import org.jspecify.annotations.NullMarked;
