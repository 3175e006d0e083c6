package io.plumbline.core.rollout;

import io.plumbline.core.observed.Ending;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import java.time.Duration;
import java.util.List;

/**
 * The evidence against a release: an observation, its source, and a quote from there. A deployment
 * that failed by its own fault keeps it.
 *
 * @param kind the kind of observation
 * @param observed the observation, a sentence for display
 * @param source its source: {@code engine}, {@code health check}, {@code agent}
 * @param quote the source's message, one line; empty if there was none
 * @param control the result of a control container on the same engine; empty if none was needed
 */
public record Evidence(Kind kind, String observed, String source, String quote, String control) {

    /** The kind of an observation. */
    public enum Kind {
        /** The release's process ended. */
        PROCESS_ENDED("process-ended", false),
        /** The kernel ended the process for memory. */
        OUT_OF_MEMORY("out-of-memory", false),
        /** The health check ran and answered with a failure. */
        CHECK_FAILED("check-failed", false),
        /** The health check did not end in time, or could not be run: no result. */
        CHECK_WITHOUT_RESULT("check-without-result", true),
        /** The engine reports an invalid value that the manifest chose. */
        NAMED_BY_ENGINE("named-by-engine", false),
        /** The engine refused the container again without saying whose fault it is. */
        REFUSED_BY_ENGINE("refused-by-engine", true),
        /** The progress deadline ended. */
        NO_PROGRESS("no-progress", true);

        private final String word;
        private final boolean doubtful;

        Kind(String word, boolean doubtful) {
            this.word = word;
            this.doubtful = doubtful;
        }

        /** Returns the word in storage and output. */
        public String word() {
            return word;
        }

        /** Parses a word. */
        public static Kind parse(String word) {
            for (var kind : values()) {
                if (kind.word.equals(word)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("no kind of evidence " + word);
        }
    }

    /** Creates evidence that needed no control container. */
    public static Evidence of(Kind kind, String observed, String source, String quote) {
        return new Evidence(kind, observed, source, quote, "");
    }

    /** Creates evidence that the progress deadline ended while a container was not healthy. */
    public static Evidence noProgress(LiveContainer c, String after, String check) {
        return of(
                Kind.NO_PROGRESS,
                about(c) + "no progress for " + after + ", " + c.name() + " is not healthy",
                check.isEmpty() ? "agent" : "health check of " + c.name(),
                check);
    }

    /** Creates evidence that a check did not end in time, or could not be run. */
    static Evidence withoutResult(LiveContainer c, int times, Duration timeout) {
        var last = c.lastCheck();
        return of(
                Kind.CHECK_WITHOUT_RESULT,
                about(c)
                        + HealthEvidence.kind(c.config().healthcheck())
                        + " had no result "
                        + times
                        + " times in a row",
                "health check of " + c.name(),
                last != null && !last.ran()
                        ? last.output()
                        : timeout.isZero() ? "" : "no answer within " + timeout.toMillis() + "ms");
    }

    /** Creates evidence that the health check ran and answered with a failure. */
    static Evidence checkFailed(LiveContainer c, HealthJudge.Probed probed) {
        var last = c.lastCheck();
        var failed = probed.failed();
        return of(
                Kind.CHECK_FAILED,
                about(c) + HealthEvidence.newest(c, probed),
                "health check of " + c.name(),
                last != null && !last.passed()
                        ? last.output()
                        : failed == null ? "" : failed.output());
    }

    /**
     * Creates evidence that a process ended.
     *
     * @param how the end of the sentence, with a separator in front; may be empty
     * @param quote the engine's message; empty if there was none
     */
    static Evidence ended(LiveContainer c, int exitCode, String how, String quote) {
        return of(
                Kind.PROCESS_ENDED,
                about(c) + "exited with code " + exitCode + how,
                "engine, of container " + c.name(),
                quote);
    }

    /** Creates evidence that the kernel ended a process for memory. */
    static Evidence outOfMemory(LiveContainer c, int restarts) {
        return of(
                Kind.OUT_OF_MEMORY,
                about(c)
                        + Ending.forMemory(c)
                        + (restarts > 0 ? ", restarted " + HealthJudge.times(restarts) : ""),
                "engine, of container " + c.name(),
                "");
    }

    private static String about(LiveContainer c) {
        return c.label(Labels.SERVICE) + ": ";
    }

    /**
     * Returns the same evidence with the last lines of the container's log, if nothing else is
     * quoted.
     */
    public Evidence withLog(List<String> lastLines) {
        return kind != Kind.PROCESS_ENDED || !quote.isEmpty() || lastLines.isEmpty()
                ? this
                : new Evidence(kind, observed, source, String.join(" | ", lastLines), control);
    }

    /**
     * Whether it may be the engine's or the host's fault, so that a control container must decide.
     */
    public boolean doubtful() {
        return kind.doubtful && control.isEmpty();
    }

    /** Returns the same evidence after a control container that confirmed it. */
    public Evidence confirmed(String byControl) {
        return new Evidence(kind, observed, source, quote, byControl);
    }

    /**
     * Returns the reason for events: the observation, the quote, and the result of the control
     * container.
     */
    public String reason() {
        // The observation contains the answer of a failed check already.
        boolean told = quote.isEmpty() || kind == Kind.CHECK_FAILED || observed.contains(quote);
        return observed + (told ? "" : ": " + quote) + (control.isEmpty() ? "" : "; " + control);
    }
}
