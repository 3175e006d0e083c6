package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void followersGoOnOverReplacedContainersAndAKilledAgent(@TempDir Path folder) throws Exception {
        int port = Workshop.port();
        var first = remote.commit("One", file, Manifests.web(pipeline, images.web("1"), port));
        agent.awaitSynced(pipeline, first);
        var log = folder.resolve("log");
        var events = folder.resolve("events");
        var following = agent.startPlumb(log, "logs", pipeline + "/web", "--follow");
        var listening = agent.startPlumb(events, "events", pipeline, "--follow", "-o", "json");
        try {
            says("said-before");
            awaitLine(log, "said-before");
            Eventually.holds("events come", () -> seqs(events).size() > 3);

            agent.kill9();
            says("said-while-away");
            Eventually.holds(
                    "both have lost the agent",
                    () -> text(log).contains("lost") && text(events).contains("lost"));
            agent.start();
            awaitLine(log, "said-while-away");

            var second = remote.commit("Two", file, Manifests.web(pipeline, images.web("2"), port));
            agent.awaitSynced(pipeline, second);
            Poller.awaitBody(engine.address(), port, "2");
            says("said-after");
            awaitLine(log, "said-after");
            assertThat(text(log)).contains("is followed now", "connected to the agent again");
            for (var line : List.of("said-before", "said-while-away", "said-after")) {
                assertThat(text(log)).containsOnlyOnce(line);
            }
            var newest = agent.plumbJson("events", pipeline, "-n", "1").at("/0/seq").asLong();
            Eventually.holds("the newest event comes", () -> seqs(events).contains(newest));
            var all =
                    Ask.list(agent.json("/api/v1/pipelines/" + pipeline + "/events?follow=false"))
                            .stream()
                            .map(e -> e.path("seq").asLong())
                            .filter(seq -> seq >= seqs(events).getFirst() && seq <= newest)
                            .toList();
            assertThat(seqs(events).subList(0, all.size())).isEqualTo(all);
        } finally {
            following.destroyForcibly();
            listening.destroyForcibly();
        }
    }

    /** Its first process logs that line. */
    private void says(String text) {
        var id = engine.running(pipeline, "web").getFirst();
        engine.docker("exec", id, "sh", "-c", "echo " + text + " >/proc/1/fd/1");
    }

    private static void awaitLine(Path log, String part) {
        Eventually.holds("the log has " + part, () -> text(log).contains(part));
    }

    private static List<Long> seqs(Path events) {
        return Pattern.compile("\"seq\":(\\d+)")
                .matcher(text(events))
                .results()
                .map(r -> Long.valueOf(r.group(1)))
                .toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
