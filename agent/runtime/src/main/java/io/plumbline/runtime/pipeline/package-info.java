/**
 * The worker of one pipeline, the take-over of running containers at start, and changes of owner.
 */
@NullMarked
package io.plumbline.runtime.pipeline;

import org.jspecify.annotations.NullMarked;
