/** What Plumbline asks of the Engine API, and what it gets back, in Plumbline's own records. */
@NullMarked
package io.plumbline.engine.docker.api;

import org.jspecify.annotations.NullMarked;
