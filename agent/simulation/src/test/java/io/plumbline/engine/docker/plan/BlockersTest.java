package io.plumbline.engine.docker.plan;

import static io.plumbline.core.workload.PlanPolicy.ROLL_OUT;
import static io.plumbline.core.workload.PlanPolicy.SETTLE;
import static io.plumbline.testkit.PlanAssert.assertPlan;
import static io.plumbline.testkit.ServiceBuilder.service;

import io.plumbline.core.release.Release;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.Scene;
import io.plumbline.testkit.SimContainers;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a person has to move out of the way before anything is planned. */
class BlockersTest {
    private static final Release V1 = Releases.release("shop", service("web"));

    @Test
    void aNetworkOrVolumeOfSomebodyElseUnderOurNameBlocks() {
        Release r = Releases.release("shop", service("web").volume("data", "/data"));
        Scene scene = Scene.empty(r);
        scene.engine().createNetwork("plumbline_shop", new TreeMap<>());
        scene.engine()
                .createVolume(
                        "shop_data",
                        new TreeMap<>(Map.of(Labels.AGENT, "other", Labels.PIPELINE, "shop")));
        assertPlan(scene.plan(r, ROLL_OUT))
                .isBlocked(
                        "network plumbline_shop on engine local is not ours: it does not carry the"
                                + " label plumbline.agent",
                        "volume shop_data on engine local is not ours: it is of agent other");
        scene.allowing("shop_data").allowing("plumbline_shop").run(r, SETTLE);
    }

    @Test
    void anImageThatCannotBeHadBlocks() {
        Release never = Releases.release("shop", service("web").pull(PullPolicy.NEVER));
        Release local = Releases.release("shop", service("web").image("local/web:1"));
        assertPlan(Scene.empty().knows(never).plan(never, ROLL_OUT))
                .isBlocked("the manifest says pull: never");
        assertPlan(Scene.empty().knows(local).plan(local, ROLL_OUT))
                .isBlocked("no registry knows it");
        Scene scene = Scene.running(never);
        scene.engine().forgetImage(Releases.image("web:1").engineName());
        assertPlan(scene.plan(never, ROLL_OUT)).doesNothing();
    }

    @Test
    void anImageThatCarriesOurLabelsBlocks() {
        Scene scene = Scene.empty().knows(V1);
        var plain = SimContainers.image("web:1");
        scene.engine()
                .with(
                        Releases.image("web:1").engineName(),
                        new io.plumbline.engine.docker.live.LiveImage(
                                plain.id(),
                                plain.repoDigests(),
                                plain.entrypoint(),
                                plain.command(),
                                plain.env(),
                                plain.user(),
                                plain.workingDir(),
                                plain.exposedPorts(),
                                plain.volumes(),
                                plain.healthcheck(),
                                new TreeMap<>(Map.of("plumbline.agent", "x")),
                                plain.stopSignal()));
        assertPlan(scene.plan(V1, ROLL_OUT)).isBlocked("carries the label plumbline.agent");
    }
}
