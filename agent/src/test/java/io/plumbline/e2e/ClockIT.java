package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody sets the agent's wall clock by an hour: no soak, deadline or order hangs on it. */
class ClockIT {
    private static final int HOUR = 3600;

    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final String pipeline = Workshop.name("clock");
    private AgentProcess agent = AgentProcess.setup().prepared();

    @BeforeEach
    void startAgent() {
        agent.close();
        agent =
                AgentProcess.setup()
                        .engine(engine)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .mainClass(CrashingAgent.class.getName())
                        .prepared();
        agent.settings().property(CrashingAgent.CLOCK, clock().toString());
        agent.start();
    }

    @AfterEach
    void removeAll() {
        agent.close();
        remote.close();
        images.close();
    }

    @Test
    void clockSetInTheSoakNeitherEndsItNorMakesItLast() {
        var first = commit("4s", "60s", images.web("1"));
        long soaking = awaitStage("Verifying");
        clockIsWrongBy(HOUR);
        agent.awaitSynced(pipeline, first);
        assertThat(since(soaking)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(30));

        var second = commit("4s", "60s", images.web("2"));
        soaking = awaitStage("Verifying");
        clockIsWrongBy(-HOUR);
        var status = agent.awaitSynced(pipeline, second);
        assertThat(since(soaking)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(30));
        assertThat(status.path("stableCommit").asText()).isEqualTo(second);
        assertThat(status.path("quarantined")).isEmpty();

        // The newest is the newest although its time stamps are two hours before the other's.
        assertThat(commits(agent.plumbJson("history", pipeline))).containsExactly(second, first);
        var seqs = new ArrayList<Long>();
        agent.plumbJson("events", pipeline).forEach(e -> seqs.add(e.path("seq").asLong()));
        assertThat(seqs).isSorted().doesNotHaveDuplicates();

        agent.restartAfterKill();
        agent.awaitSynced(pipeline, second);
        var back = agent.plumb("rollback", pipeline, "--wait", "--timeout", "60s").ok().out();
        assertThat(back).contains("RolledBack");
        assertThat(agent.status(pipeline).path("commit").asText()).isEqualTo(first);
    }

    @Test
    void clockSetBeforeADeadlineNeitherBringsItNorPutsItOff() {
        // Answers only a few seconds after its start: the deadline runs meanwhile.
        var slow =
                images.shell(
                        "slow:1",
                        "trap 'kill $p; exit 0' TERM; n=4; while [ $n -gt 0 ]; do sleep 1 & wait $!;"
                                + " n=$((n-1)); done; mkdir -p /www; echo ok > /www/healthz; httpd -f"
                                + " -p 8080 -h /www & p=$!; wait $p");
        var first = commit("1s", "60s", slow);
        awaitStarted();
        clockIsWrongBy(HOUR);
        agent.awaitSynced(pipeline, first);

        clockIsWrongBy(0);
        var second = commit("1s", "5s", images.neverHealthy("2"));
        long applying = awaitStage("Applying");
        clockIsWrongBy(-HOUR);
        var reverted = agent.awaitState(pipeline, "Reverted");
        assertThat(since(applying)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(40));
        assertThat(reverted.path("reason").asText()).contains("no progress for");
        assertThat(reverted.path("commit").asText()).isEqualTo(first);
        assertThat(reverted.at("/quarantined/0/commit").asText()).isEqualTo(second);
    }

    // ---- the clock

    private Path clock() {
        return agent.state().resolveSibling("clock");
    }

    private void clockIsWrongBy(int seconds) {
        try {
            var draft = clock().resolveSibling("clock.new");
            Files.writeString(draft, Integer.toString(seconds));
            Files.move(draft, clock(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // That the agent takes its time from there is seen in what it says of its observations.
        var wrong = Duration.ofSeconds(seconds);
        Eventually.holds(
                "the agent's clock is wrong by " + wrong,
                () -> {
                    var text = agent.status(pipeline).path("observedAt").asText();
                    var off =
                            Duration.between(
                                    java.time.Instant.now(), java.time.Instant.parse(text));
                    return off.minus(wrong).abs().compareTo(Duration.ofMinutes(1)) < 0;
                });
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    // ---- the pipeline

    private String commit(String soak, String deadline, String image) {
        var service =
                Manifests.service("web", image, 0)
                        .replace("GracePeriod: 2s", "GracePeriod: 1s")
                        .replace("retries: 3", "retries: 60");
        return remote.commit(
                "Deploy " + image,
                "pipelines/" + pipeline + ".yaml",
                Manifests.pipeline(pipeline, soak, deadline, List.of(service), ""));
    }

    /** Waits until the head is deployed and at this stage; gives the time. */
    private long awaitStage(String stage) {
        var head = remote.head();
        Eventually.is(
                "the deployment is " + stage,
                () -> agent.status(pipeline).path("deployment"),
                d ->
                        head.equals(d.path("commit").asText())
                                && stage.equals(d.path("state").asText()));
        return System.nanoTime();
    }

    private void awaitStarted() {
        Eventually.holds("it runs", () -> engine.running(pipeline, "web").size() == 1);
    }

    private static List<String> commits(com.fasterxml.jackson.databind.JsonNode history) {
        var out = new ArrayList<String>();
        history.forEach(d -> out.add(d.path("commit").asText()));
        return out;
    }
}
