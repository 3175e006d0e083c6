/**
 * The shared types of the core. The core is pure: it imports {@code java.*}, the manifest records
 * and itself. It has no clock, no executor, no file and no logger.
 */
@NullMarked
package io.plumbline.core;

import org.jspecify.annotations.NullMarked;
