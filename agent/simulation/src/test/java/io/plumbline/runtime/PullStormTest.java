package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.status.PipelineStatus.SyncState;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many pipelines with new images do not storm a registry, and none fails because it waits. */
class PullStormTest {
    private static final int PIPELINES = 20;
    private static final int AT_A_TIME = 4;

    private final InMemoryAgent world = new InMemoryAgent();
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final CountDownLatch open = new CountDownLatch(1);

    @AfterEach
    void end() {
        open.countDown();
        world.close();
    }

    @Test
    void fourPullsFromARegistryAtATimeAndTheOthersWaitTheirTurn() {
        var files = new TreeMap<String, String>();
        for (int i = 0; i < PIPELINES; i++) {
            world.engine.registry().push("reg.example/web" + i + ":1");
            files.put("p" + i + ".yaml", manifest("p" + i, "reg.example/web" + i + ":1"));
        }
        world.engine.registry().push("other.example/web:1");
        files.put("other.yaml", manifest("other", "other.example/web:1"));
        world.engine.before(
                (op, image) -> {
                    if (op.equals("pulling") && image.startsWith("reg.example/")) {
                        running.add(image);
                        await(open);
                        running.remove(image);
                    }
                });
        world.git.commit(files);
        world.start();
        world.await("other", s -> s.state() == SyncState.SYNCED);
        world.await("four run", () -> running.size() == AT_A_TIME);
        world.await("the others say why", () -> files.size() - 1 - AT_A_TIME == waiting());
        assertThat(running).hasSize(AT_A_TIME);
        open.countDown();
        for (int i = 0; i < PIPELINES; i++) {
            world.await("p" + i, s -> s.state() == SyncState.SYNCED);
            assertThat(Objects.requireNonNull(world.status("p" + i).deployment()).attempt())
                    .isEqualTo(1);
        }
    }

    private int waiting() {
        int waiting = 0;
        for (int i = 0; i < PIPELINES; i++) {
            boolean says =
                    world.status("p" + i)
                            .reason()
                            .contains("waits for other pulls from reg.example");
            waiting += says ? 1 : 0;
        }
        return waiting;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String manifest(String name, String image) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: %s}
        spec:
          services: [{name: web, image: "%s"}]
          rollout: {soak: 0s}
        """
                .formatted(name, image);
    }
}
