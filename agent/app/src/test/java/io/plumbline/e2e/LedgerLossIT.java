package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The agent's memory goes away, and what runs does not. */
class LedgerLossIT {
    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("loss");
    private final String file = "pipelines/" + pipeline + ".yaml";
    private final int port = Workshop.port();
    private AgentProcess agent = AgentProcess.setup().prepared();

    @BeforeEach
    void startAgent() {
        agent.close();
        agent =
                AgentProcess.setup()
                        .engine(engine)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .secret("api-key", "correct horse battery")
                        .start();
    }

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        images.close();
    }

    @Test
    void quarantinedHeadIsNotDeployedAgainByAnAgentThatForgotIt() {
        var first = deploy("1");
        var second = deploy("2");
        var bad = commit("Bad", images.neverHealthy("3"));
        agent.awaitState(pipeline, "Reverted");
        Poller.awaitBody(engine.address(), port, "2");
        var all = started(first, second);

        loseLedger();
        blockedAt(bad);
        var status = stable(second);
        assertThat(agent.log()).contains("the ledger was damaged or missing");
        assertThat(agent.plumb("events", pipeline).ok().out())
                .contains("Adopted")
                .contains("the ledger was lost");
        assertThat(status.path("commit").asText()).isEqualTo(second);
        assertThat(status.path("stableCommit").asText()).isEqualTo(second);
        assertThat(status.at("/rollback/commit").asText()).isEqualTo(first);
        assertThat(status.at("/rollback/ready").asBoolean()).isTrue();
        untouched(all, first, second);
        Poller.awaitBody(engine.address(), port, "2");

        // A restart with the new ledger forgets it no more.
        agent.restartAfterKill();
        blockedAt(bad);
        untouched(all, first, second);

        // The ways out for an operator: resume, which finds out again that it is bad, and rollback.
        assertThat(agent.plumb("resume", pipeline).code()).isZero();
        var reverted = agent.awaitState(pipeline, "Reverted");
        assertThat(reverted.path("quarantined")).hasSize(1);
        assertThat(reverted.at("/quarantined/0/commit").asText()).isEqualTo(bad);
        Poller.awaitBody(engine.address(), port, "2");

        loseLedger();
        blockedAt(bad);
        assertThat(agent.plumb("rollback", pipeline, "--wait", "--timeout", "60s").ok().out())
                .contains("RolledBack");
        Poller.awaitBody(engine.address(), port, "1");

        // And the way out for a committer.
        loseLedger();
        blockedAt(bad);
        var newer = deploy("4");
        assertThat(agent.status(pipeline).path("stableCommit").asText()).isEqualTo(newer);
        Poller.awaitBody(engine.address(), port, "4");
    }

    @Test
    void damagedLedgerIsSetAsideAndWhatRunsIsTakenUp() {
        var first = deploy("1");
        var second = deploy("2");
        var all = started(first, second);
        // In order, so that all of it stands in the file and not in the log beside it.
        agent.stop();
        overwrite(agent.state().resolve("ledger.db"));
        agent.start();

        stable(second);
        var status = agent.awaitState(pipeline, "Synced");
        assertThat(status.at("/rollback/commit").asText()).isEqualTo(first);
        assertThat(agent.log()).contains("the ledger was damaged or missing");
        assertThat(agent.plumb("why", pipeline).ok().out()).contains("the ledger was lost");
        assertThat(agent.state().resolve("ledger.db.damaged-1")).exists();
        untouched(all, first, second);
    }

    @Test
    void wholeStateFolderMayGoEvenWhereSecretsAreUsed() {
        var secrets = "secrets: [{name: api-key, as: file, target: /run/secrets/api-key}]";
        var earlier = remote.commit("One", file, manifest(images.web("1"), secrets));
        agent.awaitSynced(pipeline, earlier);
        var first = remote.commit("Two", file, manifest(images.web("2"), secrets));
        agent.awaitSynced(pipeline, first);
        var all = started(earlier, first);
        agent.kill9();
        Workshop.remove(agent.state());
        agent.start();

        stable(first);
        agent.awaitSynced(pipeline, first);
        untouched(all, earlier, first);
        assertThat(agent.status(pipeline).at("/rollback/commit").asText())
                .as("the new mirror fetched the commit of what is kept")
                .isEqualTo(earlier);
        assertThat(agent.plumb("history", pipeline).ok().out()).doesNotContain("secret");

        // With a new key a new value is still seen.
        agent.secret("api-key", "another horse battery");
        Eventually.holds(
                "the container with the old value is replaced",
                () -> {
                    var runs = engine.running(pipeline, "web");
                    return runs.size() == 1
                            && all.stream().noneMatch(x -> x.contains(runs.getFirst()));
                });
        agent.awaitSynced(pipeline, first);
    }

    @Test
    void nothingIsTouchedWhileGitIsAwayAndTheLedgerIsLost() {
        var first = deploy("1");
        var all = started(first);
        agent.kill9();
        Workshop.remove(agent.state());
        remote.goesAway();
        agent.start();
        untouched(all, first);

        remote.comesBack();
        stable(first);
        agent.awaitSynced(pipeline, first);
        untouched(all, first);
    }

    @Test
    void secondAgentOnTheSameStateFolderIsRefused() {
        var first = deploy("1");
        var second = agent.second();
        assertThat(second.code()).isEqualTo(6);
        assertThat(second.err()).contains("another agent").contains(agent.state().toString());
        assertThat(agent.status(pipeline).path("head").asText()).isEqualTo(first);
        Poller.awaitBody(engine.address(), port, "1");
    }

    @Test
    void ledgerIsWholeWhereverTheAgentIsKilledWhileItWrites() {
        deploy("0");
        var random = new Random();
        for (int i = 1; i <= 3; i++) {
            int lines = agent.log().lines().toList().size() + 1 + random.nextInt(12);
            var commit = commit("Number " + i, images.web(Integer.toString(i)));
            Eventually.holds("it is at work", () -> agent.log().lines().toList().size() >= lines);
            agent.kill9();
            assertThat(check(agent.state())).isEqualTo("ok");
            agent.start();
            agent.awaitSynced(pipeline, commit);
            Poller.awaitBody(engine.address(), port, Integer.toString(i));
            Eventually.holds("one runs", () -> engine.running(pipeline, "web").size() == 1);
        }
        assertThat(agent.log()).doesNotContain("damaged");
        assertThat(agent.plumbJson("history", pipeline).size()).isEqualTo(4);
    }

    // ---- the pipeline

    private String manifest(String image, String more) {
        return Manifests.pipeline(
                        pipeline,
                        "1s",
                        "60s",
                        List.of(
                                Manifests.service(
                                        "web",
                                        image,
                                        "ports: [{container: 8080, host: \"%d\"}]\n".formatted(port)
                                                + more)),
                        "")
                .replace("stopGracePeriod: 2s", "stopGracePeriod: 1s");
    }

    private String commit(String message, String image) {
        return remote.commit(message, file, manifest(image, ""));
    }

    private String deploy(String version) {
        var commit = commit("Version " + version, images.web(version));
        agent.awaitSynced(pipeline, commit);
        return commit;
    }

    /** Waits until the head is blocked because of the loss and what runs is proven again. */
    private JsonNode blockedAt(String head) {
        return Eventually.is(
                pipeline + " is blocked at " + head,
                () -> agent.status(pipeline),
                s ->
                        "Blocked".equals(s.path("state").asText())
                                && head.equals(s.path("head").asText())
                                && s.path("reason").asText().contains("the ledger was lost")
                                && !s.path("stableRelease").isNull());
    }

    private JsonNode stable(String commit) {
        return Eventually.is(
                pipeline + " is proven again at " + commit,
                () -> agent.status(pipeline),
                s -> commit.equals(s.path("stableCommit").asText()));
    }

    /** Each container that these commits made, with when it was started last. */
    private List<String> started(String... commits) {
        var out = new ArrayList<String>();
        for (var commit : commits) {
            var found =
                    engine.containers(
                            "plumbline.pipeline=" + pipeline, "plumbline.commit=" + commit);
            assertThat(found).as("containers of " + commit).hasSize(1);
            var id = found.getFirst();
            out.add(id + " " + engine.docker("inspect", "-f", "{{.State.StartedAt}}", id));
        }
        return out;
    }

    private void untouched(List<String> all, String... commits) {
        Eventually.stays(
                "the same containers, none started again",
                Duration.ofSeconds(2),
                () -> started(commits).equals(all));
    }

    // ---- the damage

    private void loseLedger() {
        agent.kill9();
        try {
            for (var end : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(agent.state().resolve("ledger.db" + end));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        agent.start();
    }

    private static void overwrite(Path database) {
        try (var bytes = new RandomAccessFile(database.toFile(), "rw")) {
            var noise = new byte[4096];
            new Random(7).nextBytes(noise);
            for (long at = 100; at < bytes.length(); at += 2L * noise.length) {
                bytes.seek(at);
                bytes.write(noise);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SQLite's own word on a copy of the ledger and its log, as the kill left them. */
    private static String check(Path state) {
        var copy = Workshop.folder("ledger");
        try {
            for (var end : List.of("", "-wal")) {
                var from = state.resolve("ledger.db" + end);
                if (Files.exists(from)) {
                    Files.copy(from, copy.resolve("ledger.db" + end));
                }
            }
            try (var open =
                            DriverManager.getConnection(
                                    "jdbc:sqlite:" + copy.resolve("ledger.db"));
                    var statement = open.createStatement();
                    var rows = statement.executeQuery("PRAGMA integrity_check")) {
                return rows.next() ? rows.getString(1) : "nothing";
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new AssertionError(e);
        } finally {
            Workshop.remove(copy);
        }
    }
}
