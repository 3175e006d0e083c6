package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A dry run says what would happen, never that it happens. */
class DryRunTest {
    private static final Caller ANNA = new Caller("anna", "", false);
    private static final Caller DRY = new Caller("anna", "", true);

    private final InMemoryAgent world = new InMemoryAgent();

    @BeforeEach
    void begin() {
        world.engine.localImage("web:1");
        world.engine.localImage("web:sick").health(EngineHealth.UNHEALTHY);
        world.start();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private String push(String version, String more) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - name: web
                              image: "web:VERSION"
                              replicas: 1
                              MORE
                              healthcheck: {exec: [check], interval: 30s}
                          rollout: {soak: 0s}
                        """
                                .replace("VERSION", version)
                                .replace("MORE", more)));
    }

    private void stands(String commit, SyncState state) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == state);
        world.await("kept", () -> world.keeps("shop"));
    }

    private Reply dry(Command command) {
        var before = world.ledger.pipelines().get("shop");
        var reply = world.control().execute(command, DRY);
        assertThat(reply.outcome()).isEqualTo(Outcome.WOULD_CHANGE);
        assertThat(world.ledger.pipelines().get("shop")).isEqualTo(before);
        return reply;
    }

    @Test
    void aRestartIsPlanned() {
        stands(push("1", "stopGracePeriod: 1s"), SyncState.SYNCED);
        var reply = dry(new Command.Restart("shop", "web"));
        assertThat(reply.message())
                .isEqualTo(
                        "would restart web; no downtime: new containers serve before the old"
                                + " ones stop");
        assertThat(Objects.requireNonNull(reply.plan()).actions()).isNotEmpty();
        assertThat(reply.plan().services()).containsOnlyKeys("web");
    }

    @Test
    void aRestartWithDowntimeSaysSo() {
        stands(push("1", "ports: [{container: 80, host: \"8080\"}]"), SyncState.SYNCED);
        assertThat(dry(new Command.Restart("shop", "web")).message())
                .isEqualTo("would restart web; downtime of web: the old container stops first");
    }

    @Test
    void aRetryIsPlanned() {
        stands(push("1", "stopGracePeriod: 1s"), SyncState.SYNCED);
        stands(push("sick", "stopGracePeriod: 1s"), SyncState.REVERTED);
        var head = world.status("shop").quarantined().getFirst().release();
        var reply = dry(new Command.Retry("shop", null));
        assertThat(reply.message())
                .isEqualTo(
                        "would deploy "
                                + head
                                + "; no downtime: new containers serve before the old ones stop");
        assertThat(Objects.requireNonNull(reply.plan()).release()).isEqualTo(head);
    }

    @Test
    void aPauseAndItsEndAreNotSaidToHappen() {
        stands(push("1", "stopGracePeriod: 1s"), SyncState.SYNCED);
        assertThat(dry(new Command.Pause("shop")).message())
                .isEqualTo("would pause shop: what runs is left alone until `plumb resume shop`");
        world.control().execute(new Command.Pause("shop"), ANNA);
        assertThat(dry(new Command.Resume("shop")).message())
                .isEqualTo("would resume shop: it follows Git again");
    }
}
