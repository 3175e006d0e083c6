/** The comparison of desired and observed state: plans, drift, reasons. Pure. */
@NullMarked
package io.plumbline.engine.docker.plan;

import org.jspecify.annotations.NullMarked;
