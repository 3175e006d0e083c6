package io.plumbline.core.workload;

/** The health of a live container at the time of planning. */
public enum Verdict {
    /** Not judged yet, or its checks fail but have retries left. */
    WAITING,
    /** Healthy; without any check: running. */
    HEALTHY,
    /** Unhealthy: its checks ran and failed. */
    UNHEALTHY,
    /** Not known: its newest check is too old, or could not be run. */
    UNKNOWN
}
