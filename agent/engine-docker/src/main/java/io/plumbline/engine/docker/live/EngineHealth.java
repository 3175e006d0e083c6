package io.plumbline.engine.docker.live;

/** The result of the engine's own HEALTHCHECK for a container. */
public enum EngineHealth {
    /** The container has no check. */
    NONE,
    /** There is no result yet. */
    STARTING,
    /** The last check passed. */
    HEALTHY,
    /** Enough successive checks failed. */
    UNHEALTHY
}
