/**
 * What every part of the core shares. The core is pure: it imports {@code java.*}, the manifest
 * records and itself; no clock, no executor, no file, no logger.
 */
@NullMarked
package io.plumbline.core;

import org.jspecify.annotations.NullMarked;
