package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.testkit.SmallDisk;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The disk of the state folder is full: what waits is told, and it goes on when there is room. */
class FullDiskIT {
    private static final String PIPELINE = Workshop.name("fulldisk");
    private static final TestEngine ENGINE = TestEngine.shared();

    private final TestImages images = new TestImages(ENGINE);
    private final GitRemote remote = new GitRemote();
    private AgentProcess agent;
    private SmallDisk disk;

    @BeforeEach
    void prepare() {
        assumeTrue(SmallDisk.possible(), "only root can mount a file system");
        agent =
                AgentProcess.setup()
                        .engine(ENGINE)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .prepared();
        disk = SmallDisk.mount(agent.state(), "24m");
    }

    @AfterEach
    void remove() {
        if (agent != null) {
            agent.kill9();
        }
        if (disk != null) {
            disk.close();
        }
        if (agent != null) {
            agent.close();
        }
        remote.close();
        images.close();
    }

    @Test
    void driftWaitsForRoomAndAStartNamesTheDisk() {
        agent.start();
        var text =
                Manifests.pipeline(
                        PIPELINE,
                        "0s",
                        "60s",
                        List.of(Manifests.service("web", images.web("1"), "")),
                        "  drift: enforce");
        var head = remote.commit("A pipeline", Map.of("one.yaml", text));
        agent.awaitSynced(PIPELINE, head);
        assertThat(metric()).isEqualTo("plumbline_ledger_writable 1.0");

        // The log of the ledger has room for some writes of its own; then there is none.
        disk.fill();
        Eventually.holds(
                "the agent is not ready",
                () -> {
                    ENGINE.docker("stop", "-t", "1", container());
                    return agent.get("/readyz").statusCode() == 503;
                });
        assertThat(agent.get("/readyz").body())
                .contains("cannot write its record in " + agent.state(), "bytes are free")
                .contains("Make room on that disk");
        var status = agent.awaitState(PIPELINE, "Blocked");
        assertThat(status.path("reason").asText())
                .contains("cannot write its record in " + agent.state(), "Make room");
        assertThat(metric()).isEqualTo("plumbline_ledger_writable 0.0");

        var last = container();
        ENGINE.docker("stop", "-t", "1", last);
        disk.makeRoom();
        agent.awaitSynced(PIPELINE, head);
        Eventually.holds(
                "it runs again",
                () ->
                        ENGINE.docker("inspect", "-f", "{{.State.Running}}", container())
                                .equals("true"));
        assertThat(agent.get("/readyz").statusCode()).isEqualTo(200);
        assertThat(agent.log()).contains("the ledger can be written again");
        assertThat(agent.log()).doesNotContain("the loop failed unexpectedly");

        agent.stop();
        disk.fill();
        var ended = agent.second();
        assertThat(ended.code()).as(ended.err()).isEqualTo(6);
        assertThat(ended.err())
                .contains("the disk of the state folder " + agent.state() + " is full")
                .contains("0 bytes are free. Make room there")
                .doesNotContain("\tat ");

        disk.makeRoom();
        agent.start();
        agent.awaitSynced(PIPELINE, head);
    }

    private static String container() {
        return ENGINE.docker(
                "ps", "-aq", "--filter", "label=plumbline.pipeline=" + PIPELINE, "--latest");
    }

    private String metric() {
        return agent.get("/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith("plumbline_ledger_writable"))
                .findFirst()
                .orElse("none");
    }
}
