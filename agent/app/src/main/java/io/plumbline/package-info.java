/** The composition root: the only package that creates adapters. */
@NullMarked
package io.plumbline;

import org.jspecify.annotations.NullMarked;
