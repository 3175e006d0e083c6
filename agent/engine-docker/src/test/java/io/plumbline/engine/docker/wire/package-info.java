/** Tests of the Docker adapter; those named IT need a real engine. */
@NullMarked
package io.plumbline.engine.docker.wire;

import org.jspecify.annotations.NullMarked;
