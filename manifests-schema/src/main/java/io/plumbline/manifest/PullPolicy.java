package io.plumbline.manifest;

/** When an image is pulled. */
public enum PullPolicy {
    /** When the engine does not have it. The default. */
    MISSING,
    /** Before each deployment. */
    ALWAYS,
    /** Never: it must be there. */
    NEVER
}
