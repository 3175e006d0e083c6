package io.plumbline.core.rollout;

import io.plumbline.core.observed.CheckResult;
import io.plumbline.core.observed.LiveConfig.LiveHealthcheck;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Verdict;
import io.plumbline.core.release.ContainerLayout;
import java.util.List;
import java.util.Locale;

/**
 * What a container's health checks said, as text for people: which check, what it answered, how
 * often in a row, and for how long.
 */
public final class HealthEvidence {
    private static final int MOST_OF_A_COMMAND = 80;

    private HealthEvidence() {}

    /** Why a container has this verdict: {@code health check "GET :80/healthz" failed 3 times}. */
    public static String of(LiveContainer c, Verdict verdict) {
        var check = c.lastCheck();
        var which = "health check \"" + name(c.config().healthcheck()) + "\"";
        if (check == null) {
            return switch (verdict) {
                case UNKNOWN -> which + ": the engine reports no check";
                case UNHEALTHY -> which + " failed";
                case WAITING, HEALTHY -> which;
            };
        }
        return switch (verdict) {
            case UNHEALTHY -> which + " failed" + row(check) + ", last with " + answer(check);
            case UNKNOWN ->
                    check.ran()
                            ? which
                                    + ": the engine reports no new check; the last one "
                                    + end(check)
                            : which + " could not be run: " + check.output();
            case WAITING, HEALTHY -> which + " passed";
        };
    }

    private static String end(CheckResult check) {
        return (check.passed() ? "passed" : "failed") + " and ended at " + check.endedAt();
    }

    private static String row(CheckResult check) {
        var seconds = check.failingFor().toSeconds();
        return (check.failures() > 1 ? " " + check.failures() + " times in a row" : "")
                + (seconds > 0 ? " for at least " + seconds + "s" : "");
    }

    private static String answer(CheckResult check) {
        if (check.timedOut()) {
            return "a timeout: " + check.output();
        }
        return "exit code "
                + check.exitCode()
                + (check.output().isEmpty() ? "" : ": " + check.output());
    }

    /** A check as people know it: {@code GET :8080/healthz}, {@code tcp :5432}, or its command. */
    static String name(@org.jspecify.annotations.Nullable LiveHealthcheck check) {
        if (check == null || check.test().isEmpty()) {
            return "none";
        }
        var words = check.test().subList(1, check.test().size());
        if (words.size() > 3 && words.getFirst().equals(ContainerLayout.PROBE)) {
            return named(words.subList(1, words.size()));
        }
        var command = CheckResult.shortened(String.join(" ", words));
        return command.length() <= MOST_OF_A_COMMAND
                ? command
                : command.substring(0, MOST_OF_A_COMMAND) + "...";
    }

    private static String named(List<String> words) {
        return switch (words.getFirst().toLowerCase(Locale.ROOT)) {
            case "http" -> "GET :" + words.get(1) + words.get(2);
            case "tcp" -> "tcp :" + words.get(1);
            default -> String.join(" ", words);
        };
    }
}
