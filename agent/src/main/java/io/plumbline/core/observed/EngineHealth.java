package io.plumbline.core.observed;

/** What the engine's own HEALTHCHECK says of a container. */
public enum EngineHealth {
    /** It has none. */
    NONE,
    /** Not judged yet. */
    STARTING,
    /** The last check passed. */
    HEALTHY,
    /** Enough checks in a row failed. */
    UNHEALTHY
}
