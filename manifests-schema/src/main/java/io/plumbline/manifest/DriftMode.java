package io.plumbline.manifest;

/**
 * The handling of drift: a difference between a container and its release that no deployment
 * caused.
 */
public enum DriftMode {
    /** Repair it. The default. */
    ENFORCE,
    /** Show it, do not repair it. */
    WARN,
    /** Neither repair it nor show it. */
    OFF
}
