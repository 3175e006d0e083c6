package io.plumbline.engine.docker.health;

import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveConfig.LiveHealthcheck;
import io.plumbline.engine.docker.live.LiveContainer;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The results of a container's health checks as text: which check, its answer, how often in a row,
 * for how long, and when last by the engine's clock. For example {@code GET http://:8080/healthz
 * answered 404 (3 times in a row, last at 2026-01-02T03:04:05Z)}.
 */
public final class HealthEvidence {
    private static final int MOST_OF_A_COMMAND = 80;
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3})\\b.*");
    private static final String REFUSED = "connection refused";

    private HealthEvidence() {}

    /** Returns why a container has this verdict, by the engine's newest check. */
    public static String of(LiveContainer c, Verdict verdict) {
        var check = c.lastCheck();
        var configured = c.config().healthcheck();
        if (check == null) {
            return switch (verdict) {
                case UNKNOWN -> kind(configured) + ": the engine reports no check";
                case UNHEALTHY -> kind(configured) + " failed";
                case WAITING, HEALTHY -> kind(configured);
            };
        }
        return switch (verdict) {
            case UNHEALTHY -> answered(configured, check) + row(check) + command(configured);
            case UNKNOWN ->
                    check.ran()
                            ? kind(configured)
                                    + ": the engine reports no new check; the last one "
                                    + end(check)
                            : kind(configured) + " could not be run: " + check.output();
            case WAITING, HEALTHY -> kind(configured) + " passed";
        };
    }

    /** Returns the result of a container's check in words. It does not depend on the reaction. */
    public static String ofCheck(LiveContainer c, CheckResult check) {
        var configured = c.config().healthcheck();
        if (check.passed()) {
            return kind(configured) + " passed";
        }
        return check.ran()
                ? answered(configured, check) + row(check) + command(configured)
                : kind(configured) + " could not be run: " + check.output();
    }

    /**
     * Returns the answer of the newest failed check: the engine's if it has one, else that of the
     * agent's own probe.
     */
    public static String newest(LiveContainer c, HealthJudge.Probed probed) {
        var configured = c.config().healthcheck();
        var check = c.lastCheck();
        if (check != null && !check.passed() && check.exitCode() != CheckResult.WITHOUT_RESULT) {
            return answered(configured, check) + row(check) + command(configured);
        }
        var failed = probed.failed();
        var said =
                failed == null
                        ? kind(configured) + " failed"
                        : answered(configured, failed.exitCode(), failed.output());
        return said + times(probed.failures()) + command(configured);
    }

    private static String end(CheckResult check) {
        return (check.passed() ? "passed" : "failed")
                + " and ended at "
                + check.endedAt().truncatedTo(ChronoUnit.SECONDS);
    }

    private static String row(CheckResult check) {
        var seconds = check.failingFor().toSeconds();
        var often = check.failures() > 1 ? check.failures() + " times in a row" : "";
        var duration = seconds == 0 ? "" : "for at least " + seconds + "s";
        var both = often + (often.isEmpty() || duration.isEmpty() ? "" : " ") + duration;
        // A time and not an age, because the sentence is stored and read later.
        return " ("
                + both
                + (both.isEmpty() ? "" : ", ")
                + "last at "
                + check.endedAt().truncatedTo(ChronoUnit.SECONDS)
                + ")";
    }

    private static String times(int failures) {
        return failures > 1 ? " (" + failures + " times in a row)" : "";
    }

    private static String answered(@Nullable LiveHealthcheck configured, CheckResult check) {
        return check.timedOut()
                ? kind(configured) + ": no answer in time: " + check.output()
                : answered(configured, check.exitCode(), check.output());
    }

    private static String answered(
            @Nullable LiveHealthcheck configured, int exitCode, String output) {
        var probe = probe(configured);
        if (probe.isEmpty()) {
            return "exec check exited " + exitCode + (output.isEmpty() ? "" : ": " + output);
        }
        var status = STATUS.matcher(output);
        if (status.matches()) {
            return kind(configured) + " answered " + status.group(1);
        }
        if (output.toLowerCase(Locale.ROOT).contains(REFUSED)) {
            return kind(configured) + ": " + REFUSED + " on 127.0.0.1:" + probe.get(1);
        }
        return kind(configured)
                + (output.isEmpty() ? " failed with exit code " + exitCode : ": " + output);
    }

    /** Returns the name of a check: {@code GET http://:8080/healthz}, {@code tcp :5432}. */
    static String kind(@Nullable LiveHealthcheck configured) {
        var probe = probe(configured);
        if (probe.isEmpty()) {
            return configured == null || configured.test().isEmpty()
                    ? "health check"
                    : "exec check";
        }
        return switch (probe.getFirst().toLowerCase(Locale.ROOT)) {
            case "http" -> "GET http://:" + probe.get(1) + probe.get(2);
            case "tcp" -> "tcp :" + probe.get(1);
            default -> String.join(" ", probe);
        };
    }

    /** Returns the arguments of the agent's own probe; empty for another command. */
    private static List<String> probe(@Nullable LiveHealthcheck configured) {
        var test = configured == null ? List.<String>of() : configured.test();
        return test.size() > 4 && test.get(1).equals(ContainerLayout.PROBE)
                ? test.subList(2, test.size())
                : List.of();
    }

    /**
     * Returns the command of an exec check, so that a reader finds it in the manifest or the image.
     */
    private static String command(@Nullable LiveHealthcheck configured) {
        if (configured == null || configured.test().size() < 2 || !probe(configured).isEmpty()) {
            return "";
        }
        var words = configured.test().subList(1, configured.test().size());
        var command = CheckResult.shortened(String.join(" ", words));
        return "; its command is "
                + (command.length() <= MOST_OF_A_COMMAND
                        ? command
                        : command.substring(0, MOST_OF_A_COMMAND) + "...");
    }
}
