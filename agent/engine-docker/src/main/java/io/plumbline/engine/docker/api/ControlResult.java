package io.plumbline.engine.docker.api;

/**
 * The result of a control experiment.
 *
 * @param outcome the outcome
 * @param text the engine's message, or why the experiment was not made; empty if it passed
 */
public record ControlResult(Outcome outcome, String text) {

    /** The outcome of a control experiment. */
    public enum Outcome {
        /** The control container started, and its command ended in time. */
        PASSED,
        /** The engine refused the control container, or its command did not end in time. */
        FAILED,
        /** It was not made, for example because the engine does not have the probe's image. */
        NOT_MADE
    }

    /** The result of an experiment that passed. */
    public static final ControlResult PASSED = new ControlResult(Outcome.PASSED, "");

    /** Returns the result of an experiment that failed, with the engine's message. */
    public static ControlResult failed(String text) {
        return new ControlResult(Outcome.FAILED, text);
    }

    /** Returns the result of an experiment that was not made. */
    public static ControlResult notMade(String why) {
        return new ControlResult(Outcome.NOT_MADE, why);
    }
}
