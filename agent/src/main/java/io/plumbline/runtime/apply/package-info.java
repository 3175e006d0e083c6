/** The reconciler of one pipeline on one engine: observe, plan, act, and repair drift. */
@NullMarked
package io.plumbline.runtime.apply;

import org.jspecify.annotations.NullMarked;
