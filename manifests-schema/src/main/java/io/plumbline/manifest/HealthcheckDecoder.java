package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of {@code healthcheck}: the check, and the reaction to an unhealthy container. */
final class HealthcheckDecoder {

    /**
     * The minimum time before an unhealthy container is restarted, if {@code restartAfter} is not
     * given.
     */
    private static final Duration RESTART_AFTER = Duration.ofMinutes(5);

    private static final Map<String, OnUnhealthy> ON_UNHEALTHY =
            ContainerDecoder.words(OnUnhealthy.values());

    private static final Pattern HTTP_PATH = Pattern.compile("/[!-~]*");

    private HealthcheckDecoder() {}

    private enum OnUnhealthy {
        REPORT,
        RESTART
    }

    /**
     * The decoded key.
     *
     * @param check the health check
     * @param restartAfter {@link Service#restartUnhealthyAfter}
     */
    record Judged(Healthcheck check, @Nullable Duration restartAfter) {}

    static @Nullable Judged read(Decoder at) {
        if (at.isScalar() && !at.isNull()) {
            if ("none".equals(at.text())) {
                return new Judged(new Healthcheck.None(), null);
            }
            at.error("must be none, or a mapping with one of exec, http and tcp");
            return null;
        }
        Fields f = at.fields(ManifestKeys.HEALTHCHECK);
        if (f == null) {
            return null;
        }
        Healthcheck.Test test = test(f);
        Duration interval = f.read("interval", ContainerDecoder::positive, Duration.ofSeconds(30));
        Duration timeout = f.read("timeout", ContainerDecoder::positive, Duration.ofSeconds(5));
        int retries = f.read("retries", d -> d.integer(1, 1000), 3);
        Duration startPeriod = f.read("startPeriod", ContainerDecoder::time, Duration.ZERO);
        boolean restart = f.read("onUnhealthy", d -> d.choice(ON_UNHEALTHY)) == OnUnhealthy.RESTART;
        Duration after = f.read("restartAfter", ContainerDecoder::positive);
        if (f.has("restartAfter") && !restart) {
            f.error("restartAfter", "needs 'onUnhealthy: restart'");
        }
        if (restart && !f.has("startPeriod")) {
            f.warning(
                    "onUnhealthy",
                    "restart without startPeriod: a container that starts slowly is restarted again"
                            + " and again; set startPeriod to the longest start");
        }
        if (f.has("timeout") && timeout.compareTo(interval) > 0) {
            f.warning(
                    "timeout",
                    "timeout is "
                            + Words.time(timeout)
                            + ", longer than interval, "
                            + Words.time(interval)
                            + ": a check that hangs delays the next ones");
        }
        return test == null
                ? null
                : new Judged(
                        new Healthcheck.Check(test, interval, timeout, retries, startPeriod),
                        restart ? restartAfter(after, startPeriod) : null);
    }

    private static Duration restartAfter(@Nullable Duration given, Duration startPeriod) {
        if (given != null) {
            return given;
        }
        return startPeriod.compareTo(RESTART_AFTER) > 0 ? startPeriod : RESTART_AFTER;
    }

    private static Healthcheck.@Nullable Test test(Fields f) {
        long given = List.of("exec", "http", "tcp").stream().filter(f::has).count();
        if (given != 1) {
            f.error("must have exactly one of exec, http and tcp");
        }
        List<String> command = f.read("exec", HealthcheckDecoder::command);
        Healthcheck.Http http = f.read("http", HealthcheckDecoder::http);
        Healthcheck.Tcp tcp = f.read("tcp", HealthcheckDecoder::tcp);
        if (command != null) {
            return new Healthcheck.Exec(command);
        }
        return http != null ? http : tcp;
    }

    /**
     * Refuses words of Compose and of Dockerfiles before a command, because they are not programs.
     */
    private static @Nullable List<String> command(Decoder at) {
        List<String> words = Forms.words(at);
        if (words == null || words.isEmpty()) {
            return words;
        }
        switch (words.getFirst()) {
            case "CMD-SHELL" ->
                    at.error(
                            "begins with CMD-SHELL of Compose, which is no program: write"
                                    + " [/bin/sh, -c, \"the command\"]");
            case "CMD" ->
                    at.error(
                            "begins with CMD of Compose, which is no program: leave it out, the"
                                    + " program comes first");
            case "NONE" ->
                    at.error("is NONE of Compose, which is no program: write 'healthcheck: none'");
            default -> {}
        }
        return words;
    }

    private static Healthcheck.@Nullable Http http(Decoder at) {
        Fields f = at.fields(ManifestKeys.HTTP);
        if (f == null) {
            return null;
        }
        Integer port = f.require("port", ContainerDecoder::portNumber);
        String path =
                f.read(
                        "path",
                        d -> d.matching(HTTP_PATH, 1024, "must begin with '/', without spaces"),
                        "/");
        return port == null ? null : new Healthcheck.Http(port, path);
    }

    private static Healthcheck.@Nullable Tcp tcp(Decoder at) {
        Fields f = at.fields(ManifestKeys.TCP);
        Integer port = f == null ? null : f.require("port", ContainerDecoder::portNumber);
        return port == null ? null : new Healthcheck.Tcp(port);
    }
}
