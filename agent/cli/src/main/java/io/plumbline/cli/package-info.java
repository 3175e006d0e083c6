/**
 * The command {@code plumb}. It calls the agent by HTTP and uses neither Vert.x nor a logging
 * backend.
 */
@NullMarked
package io.plumbline.cli;

import org.jspecify.annotations.NullMarked;
