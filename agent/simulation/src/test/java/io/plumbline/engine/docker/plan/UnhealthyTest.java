package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.manifest.DriftMode;
import io.plumbline.testkit.PlanAssert;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.ServiceBuilder;
import io.plumbline.testkit.SimEngine;
import org.junit.jupiter.api.Test;

/** Which containers answer to their service's name while some are unhealthy. */
class UnhealthyTest {
    private static final Release R =
            Releases.release(
                    "shop", service("web").replicas(2).healthcheck(ServiceBuilder.http(8080)));

    private final Scene scene = Scene.running(R);
    private final SimEngine engine = scene.engine();
    private final LiveContainer one = scene.at(R, "web", 1);
    private final LiveContainer two = scene.at(R, "web", 2);

    private PlanAssert steady() {
        return assertPlan(scene.plan(R, STEADY)).calling("r", R);
    }

    @Test
    void anUnhealthyContainerLeavesTheNameWhileAnotherIsHealthyAndGetsItBack() {
        engine.judge(one.id(), Verdict.UNHEALTHY);
        steady().does("connect web-1@r without alias");
        scene.run(R, STEADY);
        steady().doesNothing();
        engine.judge(one.id(), Verdict.HEALTHY);
        steady().does("connect web-1@r as web");
    }

    @Test
    void theLastOneKeepsTheName() {
        engine.judge(one.id(), Verdict.UNHEALTHY);
        engine.judge(two.id(), Verdict.UNHEALTHY);
        steady().doesNothing();
        engine.judge(two.id(), Verdict.HEALTHY);
        scene.run(R, STEADY);
        engine.judge(two.id(), Verdict.UNHEALTHY);
        steady().doesNothing();
    }

    @Test
    void whatIsNotKnownChangesNothing() {
        engine.judge(one.id(), Verdict.UNKNOWN);
        steady().doesNothing();
    }

    @Test
    void aServiceThatPublishesPortsLeavesTheNameTooAsItsPortsAreOnTheBaseNetwork() {
        var r =
                Releases.release(
                        "shop",
                        service("web")
                                .replicas(2)
                                .port(8080, "8080-8089")
                                .healthcheck(ServiceBuilder.http(8080)));
        var published = Scene.running(r);
        published.engine().judge(published.at(r, "web", 1).id(), Verdict.UNHEALTHY);
        assertPlan(published.plan(r, STEADY)).calling("r", r).does("connect web-1@r without alias");
    }

    /** The same container: what it wrote stays, and no second one needs room beside it. */
    @Test
    void oneThatIsToBeRestartedIsStoppedAndStarted() {
        engine.judge(one.id(), Verdict.UNHEALTHY);
        scene.run(R, STEADY);
        scene.restart(one.id());
        steady().does("stop web-1@r", "start web-1@r");
        engine.judge(one.id(), Verdict.HEALTHY);
        steady().does("connect web-1@r as web");
    }

    @Test
    void nothingIsDoneWhereDriftIsOnlyWarnedOf() {
        var r =
                Releases.release(
                        "shop",
                        DriftMode.WARN,
                        service("web").replicas(2).healthcheck(ServiceBuilder.http(8080)));
        var warned = Scene.running(r);
        warned.engine().judge(warned.at(r, "web", 1).id(), Verdict.UNHEALTHY);
        assertPlan(warned.plan(r, STEADY)).doesNothing();
    }
}
