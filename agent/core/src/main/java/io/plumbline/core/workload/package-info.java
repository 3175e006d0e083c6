/**
 * Workloads as every kind of engine has them: replicas, their health, plans, drift. Nothing here
 * knows how an engine runs a replica.
 */
@NullMarked
package io.plumbline.core.workload;

import org.jspecify.annotations.NullMarked;
