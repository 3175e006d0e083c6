/**
 * Which engine runs how many replicas of which service, and in which order engines take a release:
 * functions of the release, what is known of the engines, and where the replicas are now. No clock
 * and no memory: what has to be remembered between two calls is a value that the caller keeps.
 */
@NullMarked
package io.plumbline.core.placement;

import org.jspecify.annotations.NullMarked;
