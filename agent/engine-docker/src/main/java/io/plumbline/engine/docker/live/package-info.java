/** The report of an engine, in Plumbline's own records. Pure data; never from memory. */
@NullMarked
package io.plumbline.engine.docker.live;

import org.jspecify.annotations.NullMarked;
