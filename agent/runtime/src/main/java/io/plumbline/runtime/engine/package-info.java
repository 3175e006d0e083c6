/**
 * The fleet: which engines there are, what operators said about them, and how a driver is opened.
 */
@NullMarked
package io.plumbline.runtime.engine;

import org.jspecify.annotations.NullMarked;
