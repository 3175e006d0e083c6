/**
 * What the agent and its clients say to each other: commands, the records of the HTTP API and of
 * {@code -o json}, and their JSON. Depends on jackson-core and the JDK only.
 */
@NullMarked
package io.plumbline.api;

import org.jspecify.annotations.NullMarked;
