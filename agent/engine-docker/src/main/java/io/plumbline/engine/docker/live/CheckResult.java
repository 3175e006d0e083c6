package io.plumbline.engine.docker.live;

import java.time.Duration;
import java.time.Instant;

/**
 * The engine's newest health check of a container.
 *
 * @param endedAt by the engine's clock; it distinguishes results and is never compared with another
 *     clock
 * @param exitCode exit code of the check's command; -1 if the engine ended it or could not run it
 * @param output its output; empty for a check that passed. The engine's adapter gives all of it;
 *     after the removal of secrets it is {@link #shortened} to one line
 * @param failures successive failed checks, as the engine counts them
 * @param failingFor time between the first and the newest of the successive failed checks that the
 *     engine still reports, by its own clock; it reports the last five
 * @param passedLately whether one of the checks that the engine still reports passed
 */
public record CheckResult(
        Instant endedAt,
        int exitCode,
        String output,
        int failures,
        Duration failingFor,
        boolean passedLately) {

    /** Maximum number of characters of a check's output that are kept. */
    public static final int MOST_OUTPUT = 200;

    /** The exit code of a check that the engine ended or could not run. */
    public static final int WITHOUT_RESULT = -1;

    private static final String TIMED_OUT = "Health check exceeded timeout";

    /** Whether the check passed. */
    public boolean passed() {
        return exitCode == 0;
    }

    /** Whether the engine ended the check because it did not finish in time. */
    public boolean timedOut() {
        return exitCode == -1 && output.startsWith(TIMED_OUT);
    }

    /**
     * Whether the check ran at all. A check that the engine could not run (no process, no memory,
     * an engine that stops) says nothing about the container.
     */
    public boolean ran() {
        return exitCode != -1 || timedOut();
    }

    /** Returns the same result with another output. */
    public CheckResult saying(String other) {
        return new CheckResult(endedAt, exitCode, other, failures, failingFor, passedLately);
    }

    /** Returns a check's output as one short line without control characters. */
    public static String shortened(String output) {
        var line = new StringBuilder();
        boolean gap = false;
        for (int i = 0; i < output.length() && line.length() < MOST_OUTPUT; i++) {
            char c = output.charAt(i);
            if (Character.isWhitespace(c) || Character.isISOControl(c)) {
                gap = !line.isEmpty();
            } else {
                if (gap) {
                    line.append(' ');
                    gap = false;
                }
                line.append(c);
            }
        }
        int last = line.length() - 1;
        if (last >= 0 && Character.isHighSurrogate(line.charAt(last))) {
            line.setLength(last);
        }
        return line.length() <= MOST_OUTPUT ? line.toString() : line.substring(0, MOST_OUTPUT);
    }
}
