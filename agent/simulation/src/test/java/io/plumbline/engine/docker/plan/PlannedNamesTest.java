package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.core.workload.PlanPolicy.STEADY;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.testkit.PlanAssert;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The names of containers and networks in a plan. */
class PlannedNamesTest {
    private static final Release V1 = Releases.release("shop", service("web"));
    private static final Release V2 = Releases.release("shop", service("web").image("web:2"));

    private static PlanAssert plan(Scene scene, Release release, PlanPolicy policy) {
        return assertPlan(scene.plan(release, policy)).calling("v1", V1).calling("v2", V2);
    }

    @Test
    void aNameThatIsTakenGetsANumber() {
        Scene scene = Scene.running(V1);
        LiveContainer old = scene.at(V1, "web", 1);
        scene.replacing(old);
        plan(scene, V1, SETTLE)
                .does(
                        "create web-1@v1-2",
                        "start web-1@v1-2",
                        "wait web-1@v1-2",
                        "connect web-1@v1-2 as web",
                        "connect web-1@v1 without alias",
                        "stop web-1@v1",
                        "remove web-1@v1")
                .because("create web-1@v1-2", "container: web-1@v1 -> web-1@v1-2");
        scene.run(V1, SETTLE);
        plan(scene, V1, STEADY).doesNothing();
        assertThat(scene.drift(V1)).isEmpty();
    }

    @Test
    void aNameThatSomebodyElseHasIsLeftToThem() {
        Scene scene = Scene.empty(V1, V2);
        String network = scene.engine().createNetwork("theirs", new TreeMap<>());
        scene.engine()
                .create(
                        Scene.nameOf(V1, "web", 1),
                        V1.services().getFirst().spec(),
                        new TreeMap<>(),
                        network,
                        Map.of());
        scene.run(V1, SETTLE);
        assertThat(scene.engine().named(Scene.nameOf(V1, "web", 1) + "-2").state())
                .isEqualTo(RunState.RUNNING);
    }

    @Test
    void ofTwoNetworksOfOursTheFirstByIdIsUsed() {
        Scene scene = Scene.running(V1);
        var ours = scene.engine().state(Scene.AGENT, "shop").networks().getFirst();
        scene.engine().createNetwork("plumbline_shop", ours.labels());
        scene.engine().createNetwork("plumbline_shop", new TreeMap<>());
        plan(scene, V1, STEADY).doesNothing();
    }

    @Test
    void namesOfTheLayoutAreUsed() {
        Scene scene = Scene.running(V1);
        assertThat(scene.at(V1, "web", 1).networks())
                .containsOnlyKeys(
                        ContainerLayout.networkName("shop"),
                        ContainerLayout.baseNetworkName("shop"));
    }
}
