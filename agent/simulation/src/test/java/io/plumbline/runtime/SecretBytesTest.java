package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which bytes of a secret a container gets, and which change of them is a deployment. */
class SecretBytesTest {
    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void images() {
        for (var v : List.of("1", "2")) {
            world.engine.localImage("web:" + v);
        }
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String version) {
        var manifest =
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: shop}
                spec:
                  services:
                    - name: web
                      image: web:VERSION
                      secrets: [{name: key}, {name: word, as: env, target: WORD}]
                      healthcheck: {exec: [check], interval: 30s}
                  rollout: {soak: 0s, keep: 0}
                """;
        return world.git.commit(Map.of("shop.yaml", manifest.replace("VERSION", version)));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private LiveContainer web() {
        return running().getFirst();
    }

    private List<LiveContainer> running() {
        return world.engine.all().stream().filter(c -> c.state() == RunState.RUNNING).toList();
    }

    private String file() {
        var bytes = world.engine.fileIn(web().id(), "/run/secrets/key").orElseThrow();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private long deployments(Trigger trigger) {
        return world.ledger.history("shop", 100).stream()
                .filter(d -> d.trigger() == trigger)
                .count();
    }

    @Test
    void aFileHasEveryByteAndAVariableLosesOneLineEnd() {
        world.secrets.put("key", "-----END-----\n");
        world.secrets.put("word", "a\n\n");
        world.start();
        synced(push("1"));
        assertThat(file()).isEqualTo("-----END-----\n");
        assertThat(web().config().env()).containsEntry("WORD", "a\n");
    }

    @Test
    void aContainerWithTheHashOfTheValueWithoutItsLineEndIsUpToDateUntilItIsReplaced() {
        // As an earlier version left it: it took the line end off before it hashed.
        world.secrets.putAll(Map.of("key", "value", "word", "word"));
        world.start();
        synced(push("1"));
        var before = web().id();
        world.close();
        world.secrets.putAll(Map.of("key", "value\n", "word", "word\n"));
        world.startAgain();
        synced(push("1"));
        world.await(
                "looked",
                () -> {
                    world.engine.stir();
                    return world.reconciled.get() > 20;
                });
        assertThat(web().id()).isEqualTo(before);
        assertThat(deployments(Trigger.SECRET)).isZero();

        synced(push("2"));
        assertThat(file()).isEqualTo("value\n");
        assertThat(deployments(Trigger.SECRET)).isZero();
    }

    @Test
    void theExactBytesCountFromTheNextCreation() {
        world.secrets.putAll(Map.of("key", "value\n", "word", "word"));
        world.start();
        synced(push("1"));
        world.await("the engine keeps the release", () -> world.keeps("shop"));
        world.secrets.put("key", "value");
        world.engine.stir();
        world.await("a deployment for it", () -> deployments(Trigger.SECRET) == 1);
        world.await(
                "it is over and its container alone runs",
                () ->
                        world.ledger.history("shop", 1).getFirst().state() == DeploymentState.STABLE
                                && running().size() == 1);
        assertThat(file()).isEqualTo("value");
    }

    @Test
    void anEmptySecretIsAnError() {
        world.secrets.putAll(Map.of("key", "\n", "word", "word"));
        world.start();
        push("1");
        world.await("shop", s -> s.state() == SyncState.BLOCKED);
        assertThat(world.status("shop").reason())
                .contains("secret key is empty", "the map of secrets, key key");
        assertThat(world.engine.all()).isEmpty();
    }
}
