/** Whose fault a failed check is, and how many unhealthy containers restart at a time. */
@NullMarked
package io.plumbline.engine.docker.health;

import org.jspecify.annotations.NullMarked;
