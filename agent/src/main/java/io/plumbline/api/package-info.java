/**
 * What programs and the agent say to each other: commands of operators.
 *
 * <p>Depends on the JDK only.
 */
@NullMarked
package io.plumbline.api;

import org.jspecify.annotations.NullMarked;
