package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.core.workload.WorkloadPlan;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The plan of a local folder blocks on what the agent refuses in a commit of the same files. */
class PlanOfFilesTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        world.start();
        var commit = world.git.commit(Map.of("shop.yaml", manifest("shop", "")));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        world.await("kept", () -> world.keeps("shop"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    private static String manifest(String name, String more) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: NAME}
        spec:
          services:
            - {name: web, image: "web:1"MORE}
          rollout: {soak: 0s}
        """
                .replace("NAME", name)
                .replace("MORE", more);
    }

    private WorkloadPlan plan(String pipeline, Map<String, String> files) {
        var bytes = new TreeMap<String, byte[]>();
        files.forEach((path, text) -> bytes.put(path, text.getBytes(StandardCharsets.UTF_8)));
        return world.control().plan(pipeline, bytes);
    }

    @Test
    void aFolderWithoutAnErrorHasNoBlocker() {
        var plan = plan("shop", Map.of("shop.yaml", manifest("shop", "")));
        assertThat(plan.blockers()).isEmpty();
        assertThat(plan.actions()).isEmpty();
    }

    @Test
    void twoFilesWithOnePipelineBlockIt() {
        var plan =
                plan(
                        "shop",
                        Map.of(
                                "a.yaml", manifest("shop", ""),
                                "team/b.yaml", manifest("shop", "")));
        assertThat(plan.blockers())
                .hasSize(2)
                .anyMatch(b -> b.startsWith("a.yaml:1:") && b.contains("team/b.yaml"))
                .anyMatch(b -> b.startsWith("team/b.yaml:1:") && b.contains("a.yaml"));
    }

    @Test
    void aBrokenFileBesideBlocksThePlan() {
        var plan =
                plan(
                        "shop",
                        Map.of(
                                "shop.yaml", manifest("shop", ", replicas: 2"),
                                "z.yaml", manifest("other", ", replicaz: 2")));
        assertThat(plan.blockers()).hasSize(1);
        assertThat(plan.blockers().getFirst()).startsWith("z.yaml:6:").contains("replicas");
        assertThat(plan.actions()).isNotEmpty();
    }

    @Test
    void anErrorOfThePipelineItselfIsABlockerToo() {
        var plan = plan("shop", Map.of("shop.yaml", manifest("shop", ", replicaz: 2")));
        assertThat(plan.blockers()).hasSize(1);
        assertThat(plan.blockers().getFirst()).startsWith("shop.yaml:6:");
        var file = ", files: [{source: gone.txt, target: /gone}]";
        assertThat(plan("shop", Map.of("shop.yaml", manifest("shop", file))).blockers())
                .singleElement()
                .asString()
                .contains("gone.txt");
    }

    @Test
    void aFolderWithoutThePipelineIsRefused() {
        assertThatThrownBy(() -> plan("shop", Map.of("o.yaml", manifest("other", ""))))
                .hasMessage("none of the files defines pipeline shop");
    }

    @Test
    void aNewPipelineIsPlannedAndNothingOfItIsKept() {
        var containers = world.engine.all().size();
        var plan =
                plan(
                        "fresh",
                        Map.of(
                                "shop.yaml", manifest("shop", ""),
                                "new/fresh.yaml", manifest("fresh", ", replicas: 2")));
        assertThat(plan.blockers()).isEmpty();
        assertThat(plan.from()).isEmpty();
        assertThat(plan.actions()).filteredOn(a -> a.word().equals("create")).hasSize(2);
        assertThat(world.engine.all()).hasSize(containers);
        assertThat(world.ledger.pipelines()).containsOnlyKeys("shop");

        var commit =
                world.git.commit(
                        Map.of(
                                "shop.yaml", manifest("shop", ""),
                                "new/fresh.yaml", manifest("fresh", ", replicas: 2")));
        world.await("fresh", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
        assertThat(world.status("fresh").release()).isEqualTo(plan.release());
    }

    @Test
    void aNewPipelineIsBlockedByTheErrorsOfTheFolder() {
        var files = new TreeMap<>(Map.of("fresh.yaml", manifest("fresh", ", replicaz: 2")));
        assertThat(plan("fresh", files).blockers())
                .singleElement()
                .asString()
                .startsWith("fresh.yaml:6:");
        assertThatThrownBy(() -> plan("nobody", Map.of("fresh.yaml", manifest("fresh", ""))))
                .hasMessageStartingWith("no pipeline nobody here");
    }
}
