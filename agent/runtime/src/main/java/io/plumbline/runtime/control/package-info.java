/** The agent as its server sees it: start, stop, commands and questions of operators. */
@NullMarked
package io.plumbline.runtime.control;

import org.jspecify.annotations.NullMarked;
