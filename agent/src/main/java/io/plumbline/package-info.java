/** The composition root: the only place that says {@code new} on an adapter. */
@NullMarked
package io.plumbline;

import org.jspecify.annotations.NullMarked;
