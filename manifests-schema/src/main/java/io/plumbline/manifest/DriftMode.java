package io.plumbline.manifest;

/** What is done about a difference between a container and its release that no deployment made. */
public enum DriftMode {
    /** Repair it. The default. */
    ENFORCE,
    /** Show it, do not repair it. */
    WARN,
    /** Neither. */
    OFF
}
