/** Metrics for Prometheus, by Micrometer. Imports ports; no other adapter. */
@NullMarked
package io.plumbline.adapter.metrics;

import org.jspecify.annotations.NullMarked;
