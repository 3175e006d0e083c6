package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.api.EngineClient.Names;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.testkit.FakeJob.Ending;
import io.plumbline.testkit.SpecBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A container of a step that runs beside the services of its pipeline, in a whole agent. */
class StepsBesideServicesTest {
    private static final String STEP = "shop-train-1-1";

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        world.engine.localImage("web:2");
        world.engine.localImage("train:1").runs(_ -> Ending.LASTING);
        world.start();
        synced(push("1"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String name, String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          services:
            - name: web
              image: web:VERSION
          rollout: {soak: 0s, pruneGrace: 1s}
        """
                .replace("NAME", name)
                .replace("VERSION", version);
    }

    private String push(String version) {
        return world.git.commit(
                Map.of("shop.yaml", manifest("shop", version), "b.yaml", manifest("b", "1")));
    }

    private void synced(String commit) {
        world.await(
                "shop",
                s ->
                        commit.equals(s.head())
                                && s.state() == SyncState.SYNCED
                                && s.health() == HealthState.HEALTHY);
        world.await("keeps", () -> world.keeps("shop"));
    }

    private LiveContainer web() {
        return world.engine.all().stream()
                .filter(c -> c.label(Labels.PIPELINE).equals("shop"))
                .filter(c -> c.label(Labels.SERVICE).equals("web"))
                .filter(LiveContainer::alive)
                .findFirst()
                .orElseThrow();
    }

    private String network(String name) {
        return world.engine.networks().stream()
                .filter(n -> n.name().equals(name))
                .map(LiveNetwork::id)
                .findFirst()
                .orElseThrow();
    }

    private void runStep() {
        var labels = new TreeMap<String, String>();
        for (var key : List.of(Labels.AGENT, Labels.LEDGER, Labels.PIPELINE, Labels.REPOSITORY)) {
            labels.put(key, web().label(key));
        }
        labels.putAll(Map.of(Labels.STEP, "train", Labels.RUN, "1", Labels.ATTEMPT, "1"));
        labels.put(Labels.KEY, "v1:a");
        var image = world.engine.image("train:1").orElseThrow().id();
        world.engine.start(
                world.engine.create(
                        new NewContainer(
                                STEP,
                                new SpecBuilder(new ImageRef.LocalId(image))
                                        .restart(RestartPolicy.NO)
                                        .build(),
                                labels,
                                network("plumbline-base-shop"),
                                new Names(network("plumbline_shop"), List.of()),
                                Map.of(),
                                Map.of())));
    }

    @Test
    void noDeploymentTouchesItAndItIsNoDrift() {
        runStep();
        var before = web().id();
        world.await("keeps", () -> world.keeps("shop"));
        world.skip(Duration.ofMinutes(5));
        synced(push("2"));
        assertThat(web().id()).isNotEqualTo(before);
        assertThat(world.engine.container(STEP).state()).isEqualTo(RunState.RUNNING);
        world.engine.finish(STEP);
        synced(push("1"));
        assertThat(world.engine.container(STEP).exitCode()).isZero();
        assertThat(world.status("shop").services()).hasSize(1);
        assertThat(world.ledger.lastEvents("shop", 1000))
                .extracting(e -> e.type())
                .doesNotContain("DriftDetected");
    }

    @Test
    void itGoesWithItsPipeline() {
        runStep();
        world.git.commit(Map.of("b.yaml", manifest("b", "1")));
        world.await(
                "nothing of it is left",
                () ->
                        world.engine.all().stream()
                                        .noneMatch(c -> c.label(Labels.PIPELINE).equals("shop"))
                                && world.engine.networks().stream()
                                        .noneMatch(n -> n.name().endsWith("shop")));
    }
}
