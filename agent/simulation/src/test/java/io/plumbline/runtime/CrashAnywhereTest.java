package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Invariant 4, exhaustively and in memory: the agent is killed at every call that changes the
 * ledger or the engine, before it and after it, in a deployment, a revert and a rollback; another
 * one is started on what is left. Always the same end, nothing doubled, nothing lost. Some of it is
 * proven again on a real engine by {@code CrashIT}.
 */
@Tag("long")
class CrashAnywhereTest {
    /** Worlds side by side: they wait more than they work. */
    private static final int AT_A_TIME = 4;

    private static final Caller ANNA = new Caller("anna", "because", false);

    /** What the agent is doing when it is killed. */
    enum Journey {
        FIRST_DEPLOYMENT,
        DEPLOYMENT,
        REVERT,
        ROLLBACK
    }

    private static String manifest(String version) {
        return """
        apiVersion: plumbline/v1
        kind: Pipeline
        metadata: {name: shop}
        spec:
          services:
            - name: db
              image: db:1
              volumes: [{name: data, target: /data}]
            - name: web
              image: web:VERSION
              dependsOn: [db]
              replicas: 2
              healthcheck: {exec: [check], interval: 30s}
            - name: front
              image: front:VERSION
              dependsOn: [web]
              ports: [{container: 80, host: 8080}]
              healthcheck: {exec: [check], interval: 30s}
          rollout: {soak: 0s}
        """
                .replace("VERSION", version);
    }

    private InMemoryAgent world() {
        var world = new InMemoryAgent();
        world.engine.localImage("db:1");
        for (var v : List.of("1", "2", "3")) {
            world.engine.localImage("web:" + v);
            world.engine.localImage("front:" + v);
        }
        world.engine.localImage("web:bad");
        var bad = world.engine.localImage("front:bad");
        bad.health(EngineHealth.UNHEALTHY);
        return world;
    }

    private static String commit(InMemoryAgent world, String version) {
        world.pushed = world.git.commit(Map.of("shop.yaml", manifest(version)));
        return world.pushed;
    }

    private static void deployed(InMemoryAgent world, String version) {
        var commit = commit(world, version);
        world.await("shop", s -> commit.equals(s.head()) && settled(world, s, SyncState.SYNCED));
    }

    private static boolean settled(InMemoryAgent world, PipelineStatus s, SyncState state) {
        return s.state() == state
                && s.health() == PipelineStatus.HealthState.HEALTHY
                && s.deployment() != null
                && !s.deployment().active()
                && Objects.requireNonNull(world.ledger.pipelines().get("shop")).settled();
    }

    /** Brings the world to where the journey begins. */
    private void before(InMemoryAgent world, Journey journey) {
        world.start();
        switch (journey) {
            case FIRST_DEPLOYMENT ->
                    world.await("ready", () -> world.control().notReady().isEmpty());
            case DEPLOYMENT, REVERT -> deployed(world, "1");
            case ROLLBACK -> {
                deployed(world, "1");
                deployed(world, "2");
            }
        }
    }

    private static SyncState endOf(Journey journey) {
        return switch (journey) {
            case FIRST_DEPLOYMENT, DEPLOYMENT -> SyncState.SYNCED;
            case REVERT -> SyncState.REVERTED;
            case ROLLBACK -> SyncState.ROLLED_BACK;
        };
    }

    private static String versionAfter(Journey journey) {
        return switch (journey) {
            case DEPLOYMENT -> "2";
            case FIRST_DEPLOYMENT, REVERT, ROLLBACK -> "1";
        };
    }

    /** Begins the journey; gives how to tell that it is over. */
    private static void begin(InMemoryAgent world, Journey journey) {
        switch (journey) {
            case FIRST_DEPLOYMENT -> commit(world, "1");
            case DEPLOYMENT -> commit(world, "2");
            case REVERT -> commit(world, "bad");
            case ROLLBACK -> rollback(world);
        }
    }

    /** As an operator would: the command names what it saw, and is repeated after a lost answer. */
    private static void rollback(InMemoryAgent world) {
        var left = world.status("shop").deployment();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                world.control()
                                        .execute(
                                                new Command.Rollback(
                                                        "shop",
                                                        null,
                                                        Objects.requireNonNull(left).release(),
                                                        false,
                                                        false),
                                                ANNA);
                            } catch (RuntimeException | Error e) {
                                // the agent was killed while it answered
                            }
                        });
    }

    private static boolean over(InMemoryAgent world, Journey journey) {
        var s = world.status("shop");
        return Objects.equals(s.head(), world.pushed) && settled(world, s, endOf(journey));
    }

    @ParameterizedTest
    @EnumSource(Journey.class)
    void endsTheSameWhereverTheAgentIsKilled(Journey journey) throws Exception {
        int points = 0;
        try (var worlds = Executors.newVirtualThreadPerTaskExecutor()) {
            boolean further = true;
            for (int first = 1; further; first += AT_A_TIME) {
                var ends = new ArrayList<Future<Boolean>>();
                for (int i = 0; i < AT_A_TIME; i++) {
                    int call = first + i;
                    ends.add(worlds.submit(() -> travelled(journey, call, true)));
                    ends.add(worlds.submit(() -> travelled(journey, call, false)));
                }
                for (var end : ends) {
                    boolean died = end.get();
                    points += died ? 1 : 0;
                    further &= died;
                }
            }
        }
        assertThat(points).as("times that the agent was killed").isGreaterThan(20);
    }

    /** One journey with a death at that call; false when it was over before. */
    private boolean travelled(Journey journey, int call, boolean before) {
        try (var world = world()) {
            before(world, journey);
            world.killAt(call, before);
            begin(world, journey);
            boolean survived = world.await("the end of " + journey, () -> over(world, journey));
            if (!survived) {
                world.startAgain();
                if (journey == Journey.ROLLBACK && !recorded(world)) {
                    world.await("ready", () -> world.status("shop").observedAt() != null);
                    rollback(world);
                }
                world.await(
                        journey + " after a death at call " + call + (before ? ", before it" : ""),
                        () -> over(world, journey));
            }
            checks(world, journey, "death at call " + call + (before ? " before" : " after"));
            return !survived;
        }
    }

    private static boolean recorded(InMemoryAgent world) {
        return world.ledger.history("shop", 1).getFirst().state() != DeploymentState.STABLE;
    }

    private static void checks(InMemoryAgent world, Journey journey, String when) {
        var version = versionAfter(journey);
        var serving = new TreeMap<String, String>();
        for (LiveContainer c : world.engine.all()) {
            assertThat(c.state()).as(when + ": " + c.name()).isNotEqualTo(RunState.CREATED);
            if (c.state() == RunState.RUNNING) {
                var slot = c.label(Labels.SERVICE) + "/" + c.label(Labels.REPLICA);
                assertThat(serving.put(slot, c.label(Labels.IMAGE)))
                        .as(when + ": only one container runs for " + slot)
                        .isNull();
                assertThat(Objects.requireNonNull(c.networks().get("plumbline_shop")).aliases())
                        .as(when + ": " + c.name() + " answers to its name")
                        .contains(c.label(Labels.SERVICE));
            }
        }
        assertThat(serving)
                .as(when)
                .isEqualTo(
                        Map.of(
                                "db/1", "db:1",
                                "web/1", "web:" + version,
                                "web/2", "web:" + version,
                                "front/1", "front:" + version));
        assertThat(world.engine.networks()).as(when).hasSize(2);
        var state = Objects.requireNonNull(world.ledger.pipelines().get("shop"));
        switch (journey) {
            case FIRST_DEPLOYMENT -> assertThat(state.line()).as(when).hasSize(1);
            case DEPLOYMENT -> {
                assertThat(state.line()).as(when).hasSize(2);
                assertThat(state.quarantined()).as(when).isEmpty();
            }
            case REVERT -> {
                assertThat(state.line()).as(when).hasSize(1);
                assertThat(state.quarantined()).as(when).hasSize(1);
            }
            case ROLLBACK -> {
                assertThat(state.line()).as(when).hasSize(2);
                assertThat(state.quarantined()).as(when).hasSize(1);
            }
        }
    }

    @Test
    void theNextGoodCommitDeploysAfterADeathInARevert() {
        try (var world = world()) {
            before(world, Journey.REVERT);
            world.killAt(12, true);
            begin(world, Journey.REVERT);
            world.await("the revert", () -> over(world, Journey.REVERT));
            world.startAgain();
            world.await("the revert", () -> over(world, Journey.REVERT));
            deployed(world, "3");
            assertThat(world.status("shop").quarantined()).hasSize(1);
        }
    }
}
