package io.plumbline.port;

/**
 * What a control experiment showed.
 *
 * @param outcome in one word
 * @param text what the engine said, or what kept the experiment from being made; empty when it
 *     passed
 */
public record ControlResult(Outcome outcome, String text) {

    /** What came of it. */
    public enum Outcome {
        /** The control container started, and the command in it ended in time. */
        PASSED,
        /** The engine refused it, or the command in it did not end in time. */
        FAILED,
        /** It was not made, for example because the engine does not have the probe's image. */
        NOT_MADE
    }

    /** One that passed. */
    public static final ControlResult PASSED = new ControlResult(Outcome.PASSED, "");

    /** One that failed with the engine's words. */
    public static ControlResult failed(String text) {
        return new ControlResult(Outcome.FAILED, text);
    }

    /** One that was not made. */
    public static ControlResult notMade(String why) {
        return new ControlResult(Outcome.NOT_MADE, why);
    }
}
