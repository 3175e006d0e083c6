/**
 * Docker engines that are not: servers that speak the Engine API over real sockets, cheap enough
 * for a hundred of them with ten thousand containers in one process, with faults to switch on. What
 * they answer is checked against a real engine: by the engine contract, run through the real
 * adapter, and by the keys of recorded answers.
 */
@NullMarked
package io.plumbline.enginesim;

import org.jspecify.annotations.NullMarked;
