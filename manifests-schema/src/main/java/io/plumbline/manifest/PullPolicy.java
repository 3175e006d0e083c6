package io.plumbline.manifest;

/** The condition for a pull of an image. */
public enum PullPolicy {
    /** If the engine does not have it. The default. */
    MISSING,
    /** Before each deployment. */
    ALWAYS,
    /** Never; the engine must have it. */
    NEVER
}
