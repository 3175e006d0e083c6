package io.plumbline.core.observed;

/**
 * How a container's process ended last, as the engine's events told; an inspect does not show it
 * any more once the engine has started the container again.
 *
 * @param exitCode of the process; 0 where none was told
 * @param outOfMemory whether the kernel ended it for memory
 */
public record LastEnd(int exitCode, boolean outOfMemory) {
    /** Nothing was told. */
    public static final LastEnd UNKNOWN = new LastEnd(0, false);
}
