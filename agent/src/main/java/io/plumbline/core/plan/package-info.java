/** Desired against observed: plans, drift, reasons. Pure. */
@NullMarked
package io.plumbline.core.plan;

import org.jspecify.annotations.NullMarked;
