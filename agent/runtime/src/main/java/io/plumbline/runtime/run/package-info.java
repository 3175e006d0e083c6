/** Runs: the steps of a pipeline, from a commit to the artifacts that its release takes. */
@NullMarked
package io.plumbline.runtime.run;

import org.jspecify.annotations.NullMarked;
