/**
 * The observation of a Docker engine: its watcher, the guard around its calls, and what it showed
 * last.
 */
@NullMarked
package io.plumbline.engine.docker.observe;

import org.jspecify.annotations.NullMarked;
