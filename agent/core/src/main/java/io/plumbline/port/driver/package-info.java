/**
 * The seam to engines, at the level of workloads: what the agent asks of an engine, and what it
 * gets back. Nothing here knows how an engine runs a replica. docs/engine-drivers.md is the guide
 * for a further kind of engine.
 */
@NullMarked
package io.plumbline.port.driver;

import org.jspecify.annotations.NullMarked;
