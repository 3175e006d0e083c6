package io.plumbline.engine.docker.apply;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.plan.ActionPlan;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.plan.Planner;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LastAnswerTest {
    private final Release release = Releases.release("shop", service("web"));
    private final Scene scene = Scene.running(release);
    private final AtomicInteger asked = new AtomicInteger();
    private final LastAnswer<ActionPlan> plans =
            new LastAnswer<>(
                    in -> {
                        asked.incrementAndGet();
                        return Planner.plan(in);
                    });

    private PlanInput input() {
        return scene.input(release, PlanPolicy.SETTLE);
    }

    /** An engine checks all the time: each observation has a newer check than the last. */
    @Test
    void aNewerCheckAsksNothingAgain() {
        var first = plans.of(checked(input(), 1));
        var second = plans.of(checked(input(), 2));
        assertThat(second).isSameAs(first);
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatAPlanDependsOnAsksAgain() {
        assertThat(plans.of(input()).actions()).isEmpty();
        scene.engine().end(scene.at(release, "web", 1).id(), 3);
        assertThat(plans.of(input()).actions()).isNotEmpty();
        assertThat(plans.of(input().restarting(Set.of("another"))).actions()).isNotEmpty();
        assertThat(asked).hasValue(3);
    }

    private static PlanInput checked(PlanInput in, int second) {
        var check = new CheckResult(Instant.ofEpochSecond(second), 0, "", 0, Duration.ZERO, true);
        var seen = in.observed();
        return new PlanInput(
                in.agent(),
                in.release(),
                in.commit(),
                in.from(),
                new EngineState(
                        seen.engine(),
                        seen.containers().stream().map(c -> c.saying("", check)).toList(),
                        seen.foreignNames(),
                        seen.networks(),
                        seen.volumes(),
                        seen.images()),
                in.verdicts(),
                in.secretHashes(),
                in.recorded(),
                in.kept(),
                in.external(),
                in.replace(),
                in.policy());
    }
}
