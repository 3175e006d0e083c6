package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose a pipeline is: renamed, defined twice, or moved to another repository. */
class OwnershipIT {
    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final GitRemote other = new GitRemote();
    private final String shop = Workshop.name("shop");
    private final String store = Workshop.name("store");
    private final int port = Workshop.port();
    private AgentProcess agent = AgentProcess.setup().prepared();

    @BeforeEach
    void startAgent() {
        agent.close();
        other.commit("Begin", "README", "nothing here yet\n");
        agent =
                AgentProcess.setup()
                        .engine(engine)
                        .repository("ml", remote.url(), "")
                        .repository("team", other.url(), "")
                        .probeImage(images.busybox())
                        .start();
    }

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        other.close();
        images.close();
    }

    private String manifest(String name, String was, String version) {
        return Manifests.pipeline(
                        name,
                        Manifests.service(
                                "web",
                                images.web(version),
                                "ports: [{container: 8080, host: \"%d\"}]\nvolumes: [{name: data, target: /data}]"
                                        .formatted(port)))
                .replace(
                        "  name: " + name + "\n",
                        "  name: " + name + "\n" + (was.isEmpty() ? "" : "  was: " + was + "\n"))
                .replace("stopGracePeriod: 2s", "stopGracePeriod: 1s");
    }

    private String commit(String name, String was, String version) {
        var commit = remote.commit(name + " " + version, "shop.yaml", manifest(name, was, version));
        agent.awaitSynced(name, commit);
        return commit;
    }

    /** The container that runs, with when it was started. */
    private String runs() {
        var running = engine.running(shop, "web");
        assertThat(running).hasSize(1);
        var id = running.getFirst();
        return id + " " + engine.docker("inspect", "-f", "{{.State.StartedAt}}", id);
    }

    private void untouched(String before) {
        Eventually.stays(
                "the same container, not started again",
                Duration.ofSeconds(2),
                () -> runs().equals(before));
    }

    @Test
    void renamedPipelineGoesOnWithItsContainersVolumesAndHistory() {
        var first = commit(shop, "", "1");
        commit(shop, "", "2");
        var id = engine.running(shop, "web").getFirst();
        engine.docker("exec", id, "sh", "-c", "echo kept > /data/file");
        var before = runs();

        commit(store, shop, "2");
        untouched(before);
        assertThat(agent.plumb("status", shop).err()).contains("is called " + store + " now");
        assertThat(agent.status(store).path("engineName").asText()).isEqualTo(shop);
        assertThat(agent.plumb("events", store).ok().out()).contains("Renamed");

        // Back to a release that is stored under the earlier name.
        assertThat(agent.status(store).at("/rollback/commit").asText()).isEqualTo(first);
        agent.plumb("rollback", store, "--wait", "--timeout", "60s").ok();
        Poller.awaitBody(engine.address(), port, "1");
        assertThat(data()).isEqualTo("kept");

        // And on, with new containers.
        commit(store, shop, "3");
        Poller.awaitBody(engine.address(), port, "3");
        assertThat(data()).isEqualTo("kept");

        // The state folder is lost: what runs is found by its first name.
        var now = runs();
        agent.kill9();
        Workshop.remove(agent.state());
        agent.start();
        agent.awaitState(store, "Synced");
        untouched(now);
        assertThat(agent.status(store).path("engineName").asText()).isEqualTo(shop);
    }

    private String data() {
        var id = engine.running(shop, "web").getFirst();
        return engine.docker("exec", id, "cat", "/data/file").strip();
    }

    @Test
    void renameWhileTheAgentIsDownIsFoundAtItsStart() {
        commit(shop, "", "1");
        var before = runs();
        agent.kill9();
        var renamed = remote.commit("Rename", "shop.yaml", manifest(store, shop, "1"));
        agent.start();
        agent.awaitSynced(store, renamed);
        untouched(before);
    }

    @Test
    void definedInTwoFilesIsAnErrorOnBothAndWhatRunsStays() {
        commit(shop, "", "1");
        var before = runs();
        remote.commit("Again", "zweite.yaml", manifest(shop, "", "2"));
        var blocked = agent.awaitState(shop, "Blocked");
        assertThat(blocked.path("reason").asText()).contains("is defined in").contains("too");
        untouched(before);
        agent.awaitSynced(shop, remote.remove("Once is enough", "zweite.yaml"));
        untouched(before);
    }

    @Test
    void movesToAnotherRepositoryWithoutARestart() {
        commit(shop, "", "1");
        var before = runs();
        var moved = other.commit("Take over", Map.of("shop.yaml", manifest(shop, "", "1")));
        remote.commit("Leave", "rest.yaml", Manifests.web(store, images.web("9"), Workshop.port()));
        remote.remove("Leave", "shop.yaml");
        agent.awaitSynced(shop, moved);
        untouched(before);
        assertThat(agent.plumb("events", shop).ok().out()).contains("HandedOver");
        var next = other.commit("Next", Map.of("shop.yaml", manifest(shop, "", "2")));
        agent.awaitSynced(shop, next);
        Poller.awaitBody(engine.address(), port, "2");
        assertThat(engine.running(shop, "web")).hasSize(1);
    }
}
