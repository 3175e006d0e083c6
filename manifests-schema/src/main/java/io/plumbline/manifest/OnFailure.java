package io.plumbline.manifest;

/** What follows when a release fails by its own fault. */
public enum OnFailure {
    /** Go back to the last stable release. The default. */
    ROLLBACK,
    /** Leave everything as it stands for a look, and pause the pipeline. */
    PAUSE
}
