/**
 * A seeded simulation of the whole agent: the real loops on one thread and on simulated time, with
 * engines, a remote, operators and faults that one seed decides. {@code scripts/chaos} runs it.
 */
@org.jspecify.annotations.NullMarked
package io.plumbline.simulation;
