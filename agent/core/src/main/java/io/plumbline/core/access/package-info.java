/**
 * Access control: roles for patterns of pipelines, the tokens that carry them, and the audit's
 * chain. Pure.
 */
@NullMarked
package io.plumbline.core.access;

import org.jspecify.annotations.NullMarked;
