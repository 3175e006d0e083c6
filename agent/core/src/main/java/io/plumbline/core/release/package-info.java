/** Resolved pipelines: releases, container specs, their canonical form and ids. Pure. */
@NullMarked
package io.plumbline.core.release;

import org.jspecify.annotations.NullMarked;
