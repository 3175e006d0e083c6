/** The reconciler of one pipeline on one engine: observe, plan, act, and repair drift. */
@NullMarked
package io.plumbline.engine.docker.apply;

import org.jspecify.annotations.NullMarked;
