package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.testkit.PlanAssert;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a plan leaves as it is for now keeps nothing else from being done. */
class DeferredTest {
    private static final Release V1 =
            Releases.release("shop", service("api").memory(64L << 20), service("web"));

    private final Scene scene = Scene.running(V1);

    private PlanAssert plan(Deferred deferred) {
        var input = scene.input(V1, STEADY).deferring(deferred);
        return assertPlan(Planner.plan(input)).calling("v1", V1);
    }

    private static Deferred fields(String... keys) {
        return new Deferred(Set.of(keys), Set.of());
    }

    @Test
    void aContestedLimitStaysAndAStoppedContainerOfTheSameServiceIsStarted() {
        var api = scene.at(V1, "api", 1);
        scene.engine().update(api.id(), 32L << 20, 0, api.config().restart());
        plan(Deferred.NOTHING).does("update api-1@v1 memory=67108864 restart=unless-stopped");
        plan(fields("api/1/memory", "api/1/memorySwap")).doesNothing();
        scene.engine().stop(scene.at(V1, "web", 1).id());
        plan(fields("api/1/memory", "api/1/memorySwap")).does("start web-1@v1");
        scene.engine().stop(api.id());
        plan(fields("api/1/memory", "api/1/memorySwap")).does("start api-1@v1", "start web-1@v1");
    }

    @Test
    void aStartThatWaitsKeepsNoOtherContainerDown() {
        scene.engine().stop(scene.at(V1, "api", 1).id());
        scene.engine().stop(scene.at(V1, "web", 1).id());
        plan(fields("api/1/state")).does("start web-1@v1");
        plan(fields("api/1/state", "web/1/state")).doesNothing();
    }

    @Test
    void aContainerWhoseRemovalWaitsKeepsNoOtherFromBeingStoppedAndRemoved() {
        var v2 =
                Releases.release(
                        "shop", service("api").image("web:2"), service("web").image("web:2"));
        var old = Scene.running(V1, v2);
        old.run(v2, PlanPolicy.ROLL_OUT);
        var stuck = old.at(V1, "api", 1).id();
        var input =
                old.input(v2, PlanPolicy.SETTLE).deferring(new Deferred(Set.of(), Set.of(stuck)));
        assertPlan(Planner.plan(input))
                .calling("v1", V1)
                .does("connect web-1@v1 without alias", "stop web-1@v1", "remove web-1@v1");
    }

    @Test
    void whatRunsIsMendedThoughAStartOfItsPlaceWouldWait() {
        var api = scene.at(V1, "api", 1);
        scene.engine().update(api.id(), 32L << 20, 0, api.config().restart());
        plan(fields("api/1/state")).does("update api-1@v1 memory=67108864 restart=unless-stopped");
    }
}
