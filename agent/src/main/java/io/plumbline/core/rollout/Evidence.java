package io.plumbline.core.rollout;

import io.plumbline.core.observed.Ending;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import java.time.Duration;
import java.util.List;

/**
 * What speaks against a release: an observation, where it was made, and the words that were read
 * there. A deployment that failed by its own fault keeps it.
 *
 * @param kind what kind of observation it is
 * @param observed what was observed, a sentence for people
 * @param source who said so: {@code engine}, {@code health check}, {@code agent}
 * @param quote what the source said, one line; empty if it said nothing
 * @param control what the control experiment on the same engine showed; empty if none was needed
 */
public record Evidence(Kind kind, String observed, String source, String quote, String control) {

    /** What kind of observation it is. */
    public enum Kind {
        /** The release's process ended. */
        PROCESS_ENDED("process-ended", false),
        /** The kernel ended the process for memory. */
        OUT_OF_MEMORY("out-of-memory", false),
        /** The health check ran and answered with a failure. */
        CHECK_FAILED("check-failed", false),
        /** The health check did not end in time, or could not be run: no result. */
        CHECK_WITHOUT_RESULT("check-without-result", true),
        /** The engine named something that the manifest chose and that cannot be. */
        NAMED_BY_ENGINE("named-by-engine", false),
        /** The engine refused the container again and did not say whose fault that is. */
        REFUSED_BY_ENGINE("refused-by-engine", true),
        /** The progress deadline ended. */
        NO_PROGRESS("no-progress", true);

        private final String word;
        private final boolean doubtful;

        Kind(String word, boolean doubtful) {
            this.word = word;
            this.doubtful = doubtful;
        }

        /** As stored and shown. */
        public String word() {
            return word;
        }

        /** The kind of that word. */
        public static Kind parse(String word) {
            for (var kind : values()) {
                if (kind.word.equals(word)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("no kind of evidence " + word);
        }
    }

    /** An observation that needed no control experiment. */
    public static Evidence of(Kind kind, String observed, String source, String quote) {
        return new Evidence(kind, observed, source, quote, "");
    }

    /** That the progress deadline ended while a container was not healthy. */
    public static Evidence noProgress(LiveContainer c, String after, String check) {
        return of(
                Kind.NO_PROGRESS,
                about(c) + "no progress for " + after + ", " + c.name() + " is not healthy",
                check.isEmpty() ? "agent" : "health check of " + c.name(),
                check);
    }

    /** That a check did not end in time, or could not be run. */
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

    /** That the health check ran and answered with a failure. */
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
     * That a process ended.
     *
     * @param how the end of the sentence, with a separator in front; may be empty
     * @param quote what the engine said of it; empty if nothing
     */
    static Evidence ended(LiveContainer c, int exitCode, String how, String quote) {
        return of(
                Kind.PROCESS_ENDED,
                about(c) + "exited with code " + exitCode + how,
                "engine, of container " + c.name(),
                quote);
    }

    /** That the kernel ended a process for memory. */
    static Evidence outOfMemory(LiveContainer c, int restarts) {
        return of(
                Kind.OUT_OF_MEMORY,
                about(c)
                        + Ending.forMemory(c)
                        + (restarts > 0 ? ", restarted " + restarts + " times" : ""),
                "engine, of container " + c.name(),
                "");
    }

    private static String about(LiveContainer c) {
        return c.label(Labels.SERVICE) + ": ";
    }

    /** The same with the last lines of the container's log, where nothing else is quoted. */
    public Evidence withLog(List<String> lastLines) {
        return kind != Kind.PROCESS_ENDED || !quote.isEmpty() || lastLines.isEmpty()
                ? this
                : new Evidence(kind, observed, source, String.join(" | ", lastLines), control);
    }

    /** Whether it may be the engine's or the host's fault: a control experiment has to decide. */
    public boolean doubtful() {
        return kind.doubtful && control.isEmpty();
    }

    /** The same after a control experiment that spoke against the release. */
    public Evidence confirmed(String byControl) {
        return new Evidence(kind, observed, source, quote, byControl);
    }

    /** The reason of what follows: the observation, the quote, and what the control showed. */
    public String reason() {
        // What a failed check answered is in the observation already.
        boolean told = quote.isEmpty() || kind == Kind.CHECK_FAILED || observed.contains(quote);
        return observed + (told ? "" : ": " + quote) + (control.isEmpty() ? "" : "; " + control);
    }
}
