/** The comparison of desired and observed state: plans, drift, reasons. Pure. */
@NullMarked
package io.plumbline.core.plan;

import org.jspecify.annotations.NullMarked;
