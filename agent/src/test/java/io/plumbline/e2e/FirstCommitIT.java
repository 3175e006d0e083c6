package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loop once around, on real parts: what everything else stands on. */
class FirstCommitIT {
    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("loop");
    private final String file = "pipelines/" + pipeline + ".yaml";
    private AgentProcess agent = AgentProcess.setup().prepared();

    @BeforeEach
    void startAgent() {
        agent.close();
        agent =
                AgentProcess.setup()
                        .engine(engine)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .start();
    }

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        images.close();
    }

    @Test
    void commitGoesLiveBadOneIsRevertedAndRollbackGoesBack() {
        int port = Workshop.port();
        var first = remote.commit("One", file, Manifests.web(pipeline, images.web("1"), port));
        agent.awaitSynced(pipeline, first);
        Poller.awaitBody(engine.address(), port, "1");

        var second = remote.commit("Two", file, Manifests.web(pipeline, images.web("2"), port));
        agent.awaitSynced(pipeline, second);
        Poller.awaitBody(engine.address(), port, "2");

        remote.commit("Sick", file, Manifests.web(pipeline, images.neverHealthy("3"), port));
        var reverted = agent.awaitState(pipeline, "Reverted");
        assertThat(reverted.path("stableCommit").asText()).isEqualTo(second);
        assertThat(reverted.path("quarantined")).hasSize(1);
        Poller.awaitBody(engine.address(), port, "2");

        remote.goesAway();
        assertThat(agent.plumb("rollback", pipeline, "--wait", "--timeout", "30s").ok().out())
                .contains("RolledBack");
        Poller.awaitBody(engine.address(), port, "1");
    }

    @Test
    void killedAgentFindsItsContainersAgain() {
        int port = Workshop.port();
        var first = remote.commit("One", file, Manifests.web(pipeline, images.web("1"), port));
        agent.awaitSynced(pipeline, first);
        var before = engine.running(pipeline, "web");
        assertThat(before).hasSize(1);

        agent.restartAfterKill();

        agent.awaitSynced(pipeline, first);
        Eventually.stays(
                "the same container runs",
                Duration.ofSeconds(2),
                () -> engine.running(pipeline, "web").equals(before));
        assertThat(agent.plumbJson("status", pipeline).path("state").asText()).isEqualTo("Synced");
    }
}
