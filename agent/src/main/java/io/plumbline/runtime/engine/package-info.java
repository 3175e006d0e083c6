/**
 * One watcher for each engine: what it reports, its circuit breaker, and objects that do not
 * answer.
 */
@NullMarked
package io.plumbline.runtime.engine;

import org.jspecify.annotations.NullMarked;
