package io.plumbline.simulation;

/** The agent's process was killed. Not an exception that anybody catches. */
final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {
        super("killed", null, false, false);
    }
}
