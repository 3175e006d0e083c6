package io.plumbline.core.rollout;

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
