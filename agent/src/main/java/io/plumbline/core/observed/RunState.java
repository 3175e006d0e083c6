package io.plumbline.core.observed;

/** A container's state, in the engine's words ({@code State.Status} of the Engine API). */
public enum RunState {
    /** Made, never started. */
    CREATED,
    /** Running. */
    RUNNING,
    /** Frozen. */
    PAUSED,
    /** Ended; the engine is about to start it again. */
    RESTARTING,
    /** On its way out. */
    REMOVING,
    /** Ended. */
    EXITED,
    /** Could not be removed. */
    DEAD
}
