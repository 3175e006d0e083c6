/** The Engine API through docker-java. The only package that knows it. */
@NullMarked
package io.plumbline.engine.docker.wire;

import org.jspecify.annotations.NullMarked;
