/**
 * Inputs nobody thought of. A target takes bytes and may fail in one way only: by throwing. {@code
 * scripts/fuzz} lets Jazzer look for such bytes, led by coverage; what it finds is kept below
 * {@code agent/app/src/test/resources/fuzz/TARGET} and tried again by every test run.
 */
@NullMarked
package io.plumbline.fuzz;

import org.jspecify.annotations.NullMarked;
