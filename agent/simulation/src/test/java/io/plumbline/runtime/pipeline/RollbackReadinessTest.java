package io.plumbline.runtime.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Command;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.runtime.FleetScene;
import io.plumbline.runtime.InMemoryAgent;
import io.plumbline.testkit.FakeImage;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A rollback that cannot be completed changes nothing. */
class RollbackReadinessTest {
    private static final String REPOSITORY = "registry.example/web";

    private final InMemoryAgent world = new InMemoryAgent();
    private FakeImage first = world.engine.localImage("web:unused");

    @BeforeEach
    void twoReleases() {
        first = world.engine.registry().push(REPOSITORY + ":1");
        world.engine.registry().push(REPOSITORY + ":2");
        world.start();
    }

    @AfterEach
    void end() {
        world.close();
    }

    private void deployBoth(int keep) {
        synced(push("1", keep));
        synced(push("2", keep));
        world.await("kept", () -> world.keeps("shop"));
    }

    private String push(String version, int keep) {
        return world.git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services:
                            - {name: web, image: "registry.example/web:VERSION"}
                          rollout: {soak: 0s, keep: KEEP}
                        """
                                .replace("VERSION", version)
                                .replace("KEEP", Integer.toString(keep))));
    }

    private void synced(String commit) {
        world.await("shop", s -> commit.equals(s.head()) && s.state() == SyncState.SYNCED);
    }

    private PipelineState state() {
        return Objects.requireNonNull(world.ledger.pipelines().get("shop"));
    }

    private Reply rollback() {
        return world.control().execute(Command.rollback("shop"), FleetScene.ANNA);
    }

    private void serves(String version) {
        world.await(
                "serves " + version,
                () ->
                        world.engine.all().stream()
                                .anyMatch(
                                        c ->
                                                c.state() == RunState.RUNNING
                                                        && c.label("plumbline.image")
                                                                .equals(
                                                                        REPOSITORY
                                                                                + ":"
                                                                                + version)));
    }

    @Test
    void whatNobodyHasIsSaidAndNothingIsTouched() {
        deployBoth(0);
        world.engine.removeImage(first);
        world.engine.registry().delete(first);
        world.control().execute(Command.sync("shop"), FleetScene.ANNA);
        world.await(
                "status says it",
                () -> !Objects.requireNonNull(world.status("shop").rollback()).ready());
        var before = state();
        var reply = rollback();
        assertThat(reply.outcome()).isEqualTo(Outcome.NO_TARGET);
        assertThat(reply.message())
                .contains(REPOSITORY + ":1", "neither the engine nor its registry has it")
                .contains("nothing was changed");
        assertThat(state()).isEqualTo(before);
        serves("2");
    }

    @Test
    void aRegistryThatDoesNotAnswerIsNoSource() {
        deployBoth(0);
        world.engine.removeImage(first);
        world.engine.registry().down();
        assertThat(rollback().outcome()).isEqualTo(Outcome.NO_TARGET);
        assertThat(state().quarantined()).isEmpty();
    }

    @Test
    void whatTheRegistryHasIsAcceptedAndNamed() {
        deployBoth(0);
        world.engine.removeImage(first);
        var reply = rollback();
        assertThat(reply.outcome()).isEqualTo(Outcome.ACCEPTED);
        assertThat(reply.notes())
                .singleElement()
                .asString()
                .contains(REPOSITORY + ":1", "is pulled first");
        serves("1");
    }

    @Test
    void keptContainersNeedNoImage() {
        deployBoth(2);
        world.engine.removeImage(first);
        world.engine.registry().down();
        assertThat(rollback().outcome()).isEqualTo(Outcome.ACCEPTED);
        serves("1");
    }

    @Test
    void anEngineThatIsAwaySaysNothing() {
        deployBoth(2);
        world.engine.goAway();
        world.await(
                "away",
                () ->
                        world.status("shop").state() == SyncState.UNKNOWN
                                || !world.status("shop").engines().getFirst().reachable());
        assertThat(rollback().outcome()).isEqualTo(Outcome.ACCEPTED);
        world.engine.comeBack();
        serves("1");
    }
}
