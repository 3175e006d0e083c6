package io.plumbline.engine.docker.health;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.health.HealthJudge.Probed;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LastEnd;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HealthJudgeTest {
    private static final Release RELEASE =
            release("shop", service("web").image("web:1").healthcheck(ServiceBuilder.http(8080)));
    private final LiveContainer running = Scene.running(RELEASE).at(RELEASE, "web", 1);

    private LiveContainer seen(RunState state, EngineHealth health, int restarts, int exitCode) {
        return new LiveContainer(
                running.id(),
                running.name(),
                running.labels(),
                state,
                health,
                exitCode,
                false,
                "",
                restarts,
                running.createdAt(),
                running.startedAt(),
                running.finishedAt(),
                running.config(),
                running.networks(),
                running.published());
    }

    /** An engine calls a container whose process ended unhealthy, whatever its checks said. */
    @Test
    void whatTheEngineStartsAgainIsNotJudgedByItsHealth() {
        assertThat(HealthJudge.hasCheck(running)).isTrue();
        var once = seen(RunState.RESTARTING, EngineHealth.UNHEALTHY, 1, 4);
        assertThat(HealthJudge.failure(once, Probed.NEVER, 0, false, LastEnd.UNKNOWN)).isEmpty();
        var often = seen(RunState.RESTARTING, EngineHealth.UNHEALTHY, 3, 4);
        assertThat(
                        HealthJudge.failure(often, Probed.NEVER, 0, false, LastEnd.UNKNOWN)
                                .orElseThrow()
                                .observed())
                .isEqualTo("web: exited with code 4, restarted 3 times");
        var again = seen(RunState.RUNNING, EngineHealth.STARTING, 3, 0);
        assertThat(
                        HealthJudge.failure(again, Probed.NEVER, 0, false, new LastEnd(4, false))
                                .orElseThrow()
                                .observed())
                .isEqualTo("web: exited with code 4, restarted 3 times");
        assertThat(
                        HealthJudge.failure(once, Probed.NEVER, 0, true, LastEnd.UNKNOWN)
                                .orElseThrow()
                                .observed())
                .isEqualTo("web: exited with code 4 after it was healthy");
    }

    @Test
    void whatRunsAndFailsItsChecksIsUnhealthy() {
        var sick = seen(RunState.RUNNING, EngineHealth.UNHEALTHY, 0, 0);
        assertThat(
                        HealthJudge.failure(sick, Probed.NEVER, 0, false, LastEnd.UNKNOWN)
                                .orElseThrow()
                                .observed())
                .isEqualTo("web: GET http://:8080/healthz failed");
        assertThat(HealthJudge.failure(sick, new Probed(true, 0), 0, false, LastEnd.UNKNOWN))
                .isEmpty();
    }

    private LiveContainer checked(EngineHealth health, CheckResult check) {
        return seen(RunState.RUNNING, health, 0, 0).saying("", check);
    }

    private static CheckResult failed(String output, int exitCode) {
        return new CheckResult(Instant.EPOCH, exitCode, output, 4, Duration.ofSeconds(92), false);
    }

    /** Checks that did not end in time say nothing by themselves: a control experiment decides. */
    @Test
    void whatIsUnhealthyForChecksWithoutAResultIsInDoubt() {
        var late =
                checked(EngineHealth.UNHEALTHY, failed("Health check exceeded timeout (2s)", -1));
        var doubt =
                HealthJudge.failure(late, Probed.NEVER, 0, false, LastEnd.UNKNOWN).orElseThrow();
        assertThat(doubt.doubtful()).isTrue();
        assertThat(doubt.observed()).contains("no result 4 times");
        var saidNo = new Probed(false, 1);
        assertThat(
                        HealthJudge.failure(late, saidNo, 0, false, LastEnd.UNKNOWN)
                                .orElseThrow()
                                .doubtful())
                .isFalse();
        var sick = checked(EngineHealth.UNHEALTHY, failed("connection refused", 1));
        var sure = HealthJudge.failure(sick, Probed.NEVER, 0, false, LastEnd.UNKNOWN).orElseThrow();
        assertThat(sure.doubtful()).isFalse();
        assertThat(sure.reason()).contains("connection refused");
    }

    /** The agent's own probe of a deployment must not hide what the engine finds afterwards. */
    @Test
    void theEnginesNewerCheckDecidesAgainstTheAgentsProbe() {
        var passed = new Probed(true, 0);
        var sick = checked(EngineHealth.UNHEALTHY, failed("", 1));
        assertThat(HealthJudge.verdict(sick, passed, false, false)).isEqualTo(Verdict.UNHEALTHY);
        assertThat(HealthJudge.verdict(sick, passed, true, false)).isEqualTo(Verdict.HEALTHY);
        var early = checked(EngineHealth.STARTING, failed("", 1));
        assertThat(HealthJudge.verdict(early, passed, false, false)).isEqualTo(Verdict.HEALTHY);
        assertThat(HealthJudge.verdict(early, Probed.NEVER, false, false))
                .isEqualTo(Verdict.WAITING);
    }

    @Test
    void anOldCheckAndOneThatCouldNotRunSayNothing() {
        var well = checked(EngineHealth.HEALTHY, failed("", 0));
        assertThat(HealthJudge.verdict(well, Probed.NEVER, false, true)).isEqualTo(Verdict.UNKNOWN);
        assertThat(HealthJudge.verdict(well, Probed.NEVER, false, false))
                .isEqualTo(Verdict.HEALTHY);
        var noRuntime = failed("OCI runtime exec failed: fork/exec: resource unavailable", -1);
        assertThat(
                        HealthJudge.verdict(
                                checked(EngineHealth.UNHEALTHY, noRuntime),
                                Probed.NEVER,
                                false,
                                false))
                .isEqualTo(Verdict.UNKNOWN);
        var slow = failed("Health check exceeded timeout (2s)", -1);
        assertThat(
                        HealthJudge.verdict(
                                checked(EngineHealth.UNHEALTHY, slow), Probed.NEVER, false, false))
                .isEqualTo(Verdict.UNHEALTHY);
    }

    @Test
    void aResultStaysFreshForThreeChecksAndTwoLooks() {
        var check = Objects.requireNonNull(running.config().healthcheck());
        assertThat(HealthJudge.freshFor(running, Duration.ofSeconds(60)))
                .isEqualTo(check.interval().plus(check.timeout()).multipliedBy(3).plusSeconds(120));
    }

    @Test
    void theEvidenceNamesTheCheckAndItsAnswer() {
        var sick = checked(EngineHealth.UNHEALTHY, failed("HTTP/1.1 404 Not Found", 1));
        assertThat(HealthEvidence.of(sick, Verdict.UNHEALTHY))
                .isEqualTo(
                        "GET http://:8080/healthz answered 404 (4 times in a row for at least 92s,"
                                + " last at 1970-01-01T00:00:00Z)");
    }

    @Test
    void fourHealthFailuresReadDifferently() {
        assertThat(said(failed("HTTP/1.1 404 Not Found", 1)))
                .startsWith("web: GET http://:8080/healthz answered 404 (4 times in a row");
        assertThat(said(failed("nc: can't connect to 127.0.0.1: Connection refused", 1)))
                .startsWith(
                        "web: GET http://:8080/healthz: connection refused on 127.0.0.1:8080 (");
        assertThat(said(failed("no HTTP answer within 5 s, or the connection was closed", 1)))
                .startsWith("web: GET http://:8080/healthz: no HTTP answer within 5 s");
        assertThat(said(failed("", 2)))
                .startsWith("web: GET http://:8080/healthz failed with exit code 2 (");
    }

    private String said(CheckResult check) {
        var sick = checked(EngineHealth.UNHEALTHY, check);
        return HealthJudge.failure(sick, Probed.NEVER, 0, false, LastEnd.UNKNOWN)
                .orElseThrow()
                .reason();
    }

    /** What the agent's own probe read is evidence, too: the engine may not have checked yet. */
    @Test
    void theAgentsOwnProbeTellsWhatItRead() {
        var probed = Probed.NEVER;
        for (int i = 0; i < 3; i++) {
            probed = probed.after(new CommandResult(1, "HTTP/1.1 500 Internal Server Error"));
        }
        var starting = seen(RunState.RUNNING, EngineHealth.STARTING, 0, 0);
        assertThat(
                        HealthJudge.failure(starting, probed, 0, true, LastEnd.UNKNOWN)
                                .orElseThrow()
                                .reason())
                .isEqualTo("web: GET http://:8080/healthz answered 500 (3 times in a row)");
    }

    @Test
    void anExecCheckNamesItsCodeItsOutputAndItsCommand() {
        var check =
                new Healthcheck.Check(
                        new Healthcheck.Exec(List.of("sh", "-c", "curl localhost:8080")),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(5),
                        3,
                        Duration.ZERO);
        var release = release("shop", service("web").image("web:1").healthcheck(check));
        var sick =
                Scene.running(release)
                        .at(release, "web", 1)
                        .saying("", failed("sh: curl: not found", 127));
        assertThat(HealthEvidence.of(sick, Verdict.UNHEALTHY))
                .isEqualTo(
                        "exec check exited 127: sh: curl: not found (4 times in a row for at least"
                                + " 92s, last at 1970-01-01T00:00:00Z); its command is sh -c curl localhost:8080");
    }

    @Test
    void theKernelsWordIsToldWithTheLimit() {
        var release = release("shop", service("web").image("web:1").memory(512L << 20));
        var c = Scene.running(release).at(release, "web", 1);
        var again =
                new LiveContainer(
                        c.id(),
                        c.name(),
                        c.labels(),
                        RunState.RUNNING,
                        EngineHealth.NONE,
                        0,
                        false,
                        "",
                        3,
                        c.createdAt(),
                        c.startedAt(),
                        c.finishedAt(),
                        c.config(),
                        c.networks(),
                        c.published());
        assertThat(
                        HealthJudge.failure(again, Probed.NEVER, 0, false, new LastEnd(137, true))
                                .orElseThrow()
                                .reason())
                .isEqualTo("web: killed for memory at 512Mi, restarted 3 times");
        assertThat(ContainerEvidence.outOfMemory(again, 1).reason())
                .isEqualTo("web: killed for memory at 512Mi, restarted once");
    }

    @Test
    void outputIsOneShortLine() {
        assertThat(CheckResult.shortened("  a\r\n\tb\u001b[2J  ")).isEqualTo("a b [2J");
        assertThat(CheckResult.shortened("x".repeat(5000))).hasSize(CheckResult.MOST_OUTPUT);
        assertThat(CheckResult.shortened("\ud83d\ude00".repeat(5000)).length())
                .isLessThanOrEqualTo(CheckResult.MOST_OUTPUT);
    }
}
