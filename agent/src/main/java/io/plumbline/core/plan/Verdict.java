package io.plumbline.core.plan;

/** What is known of a live container's health at the moment of planning. */
public enum Verdict {
    /** Not judged yet, or its checks fail but their patience is not used up. */
    WAITING,
    /** Healthy; without any check: running. */
    HEALTHY,
    /** Unhealthy: its checks ran and failed. */
    UNHEALTHY,
    /** Not known: its newest check is too old to say anything, or could not be run. */
    UNKNOWN
}
