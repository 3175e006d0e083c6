/**
 * Placement: how many replicas of each service run on each engine, and in which order engines take
 * a release. These are functions of the release, the engines' facts and the current replicas. They
 * have no clock and no memory; the caller keeps the values that must be remembered between two
 * calls.
 */
@NullMarked
package io.plumbline.core.placement;

import org.jspecify.annotations.NullMarked;
