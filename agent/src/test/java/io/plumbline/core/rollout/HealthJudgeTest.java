package io.plumbline.core.rollout;

import static io.plumbline.testkit.Releases.release;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.observed.EngineHealth;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.HealthJudge.Probed;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
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
                running.networks());
    }

    /** An engine calls a container whose process ended unhealthy, whatever its checks said. */
    @Test
    void whatTheEngineStartsAgainIsNotJudgedByItsHealth() {
        assertThat(HealthJudge.hasCheck(running)).isTrue();
        var once = seen(RunState.RESTARTING, EngineHealth.UNHEALTHY, 1, 4);
        assertThat(HealthJudge.failure(once, Probed.NEVER, 0, false, 0)).isEmpty();
        var often = seen(RunState.RESTARTING, EngineHealth.UNHEALTHY, 3, 4);
        assertThat(HealthJudge.failure(often, Probed.NEVER, 0, false, 0).orElseThrow().observed())
                .contains("does not stay up", "last exit code 4");
        var again = seen(RunState.RUNNING, EngineHealth.STARTING, 3, 0);
        assertThat(HealthJudge.failure(again, Probed.NEVER, 0, false, 4).orElseThrow().observed())
                .contains("does not stay up", "last exit code 4");
        assertThat(HealthJudge.failure(once, Probed.NEVER, 0, true, 0).orElseThrow().observed())
                .contains("ended after it was healthy");
    }

    @Test
    void whatRunsAndFailsItsChecksIsUnhealthy() {
        var sick = seen(RunState.RUNNING, EngineHealth.UNHEALTHY, 0, 0);
        assertThat(HealthJudge.failure(sick, Probed.NEVER, 0, false, 0).orElseThrow().observed())
                .contains("unhealthy");
        assertThat(HealthJudge.failure(sick, new Probed(true, 0), 0, false, 0)).isEmpty();
    }
}
