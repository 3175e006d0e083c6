package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.HealthState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engine that does not answer for a while leaves a trace in the events of its pipelines. */
@Timeout(240)
class EngineOutageTest {
    private static final String SHOP =
            """
            apiVersion: plumbline/v1
            kind: Pipeline
            metadata: {name: shop}
            spec:
              services: [{name: web, image: web:1}]
              rollout: {soak: 0s}
            """;

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void stable() {
        world.engine.localImage("web:1");
        world.start();
        var commit = world.git.commit(Map.of("shop.yaml", SHOP));
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private List<PipelineEvent> events(String type) {
        return world.ledger.lastEvents("shop", 1000).stream()
                .filter(e -> e.type().equals(type))
                .toList();
    }

    private void awaitAway() {
        world.await("away", () -> !world.status("shop").engines().getFirst().reachable());
    }

    @Test
    void anOutageAndItsEndAreEvents() {
        world.engine.goAway();
        awaitAway();
        assertThat(events("EngineUnreachable")).isEmpty();
        world.skip(Duration.ofSeconds(20));
        world.await("recorded", () -> events("EngineUnreachable").size() == 1);
        var outage = events("EngineUnreachable").getFirst();
        assertThat(outage.engine()).isEqualTo("local");
        assertThat(outage.reason()).contains("connection refused", "nothing is repaired");
        var during = world.control().statusAt("shop", Instant.MAX);
        assertThat(during.state()).isEqualTo(SyncState.UNKNOWN);
        assertThat(during.health()).isEqualTo(HealthState.UNKNOWN);
        assertThat(during.reason()).contains("connection refused");

        world.skip(Duration.ofSeconds(70));
        world.engine.comeBack();
        world.await("recorded", () -> events("EngineReachable").size() == 1);
        assertThat(events("EngineUnreachable")).hasSize(1);
        assertThat(events("EngineReachable").getFirst().reason())
                .contains("engine local answers again after 1m");
        var after = world.control().statusAt("shop", Instant.MAX);
        assertThat(after.state()).isEqualTo(SyncState.SYNCED);
        assertThat(after.health()).isEqualTo(HealthState.HEALTHY);
    }

    @Test
    void aShortOutageHasNoEvent() {
        world.engine.goAway();
        awaitAway();
        world.skip(Duration.ofSeconds(10));
        world.engine.comeBack();
        world.await("back", () -> world.status("shop").engines().getFirst().reachable());
        world.engine.kill(world.engine.all().getFirst().name());
        world.await("repaired", () -> !events("DriftRepaired").isEmpty());
        assertThat(events("EngineUnreachable")).isEmpty();
        assertThat(events("EngineReachable")).isEmpty();
    }
}
