package io.plumbline.engine.docker.live;

/** A container's state, in the engine's words ({@code State.Status} of the Engine API). */
public enum RunState {
    /** Created, never started. */
    CREATED,
    /** Running. */
    RUNNING,
    /** Paused. */
    PAUSED,
    /** Ended; the engine is about to start it again. */
    RESTARTING,
    /** The engine is removing it. */
    REMOVING,
    /** Ended. */
    EXITED,
    /** Could not be removed. */
    DEAD
}
