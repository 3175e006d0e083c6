/**
 * A short life of the agent for the JVM's cache (JEP 514). The build runs it; a running agent uses
 * nothing of it.
 */
@NullMarked
package io.plumbline.training;

import org.jspecify.annotations.NullMarked;
