/** What a container's checks say, and the evidence that it gives against its release. Pure. */
@NullMarked
package io.plumbline.engine.docker.health;

import org.jspecify.annotations.NullMarked;
