package io.plumbline.engine.docker.live;

/**
 * The last end of a container's process, from the engine's events. An inspection no longer shows it
 * once the engine has started the container again.
 *
 * @param exitCode exit code of the process; 0 if it is not known
 * @param outOfMemory whether the kernel ended it for memory
 */
public record LastEnd(int exitCode, boolean outOfMemory) {
    /** The end is not known. */
    public static final LastEnd UNKNOWN = new LastEnd(0, false);
}
