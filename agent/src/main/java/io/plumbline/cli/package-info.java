/** The plumb command. Talks HTTP to the agent; knows neither Vert.x nor a logging backend. */
@NullMarked
package io.plumbline.cli;

import org.jspecify.annotations.NullMarked;
