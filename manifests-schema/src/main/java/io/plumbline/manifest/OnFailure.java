package io.plumbline.manifest;

/** The reaction to a failed release, if the release itself is the cause. */
public enum OnFailure {
    /** Roll back to the last stable release. The default. */
    ROLLBACK,
    /** Change nothing, so that an operator can inspect it, and pause the pipeline. */
    PAUSE
}
