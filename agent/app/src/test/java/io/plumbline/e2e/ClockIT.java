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
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody sets the agent's wall clock by an hour: no soak, deadline or order hangs on it. */
class ClockIT {
    private static final int HOUR = 3600;
    private static final Duration SOAK = Duration.ofSeconds(4);
    private static final Duration DEADLINE = Duration.ofSeconds(5);

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
        var first = commit(SOAK.toSeconds() + "s", "60s", images.web("1"));
        long soaking = awaitStage("Verifying", "Stable");
        clockIsWrongBy(HOUR);
        agent.awaitSynced(pipeline, first);
        assertThat(since(soaking)).as("the whole soak").isGreaterThanOrEqualTo(SOAK);

        // A soak by the wall clock would now last an hour, which nobody here waits for.
        var second = commit(SOAK.toSeconds() + "s", "60s", images.web("2"));
        soaking = awaitStage("Verifying", "Stable");
        clockIsWrongBy(-HOUR);
        var status = agent.awaitSynced(pipeline, second);
        assertThat(since(soaking)).as("the whole soak").isGreaterThanOrEqualTo(SOAK);
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
        // By the wall clock the deadline would now be over in an hour and some seconds.
        var second = commit("1s", DEADLINE.toSeconds() + "s", images.neverHealthy("2"));
        long applying = awaitStage("Applying", "Reverting", "Reverted");
        clockIsWrongBy(-HOUR);
        var reverted = agent.awaitState(pipeline, "Reverted");
        assertThat(since(applying)).as("the whole deadline").isGreaterThanOrEqualTo(DEADLINE);
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
            var builder = clock().resolveSibling("clock.new");
            Files.writeString(builder, Integer.toString(seconds));
            Files.move(builder, clock(), StandardCopyOption.ATOMIC_MOVE);
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

    /**
     * Waits until the head is deployed and at this stage, or past it; gives a time before it was:
     * of the last look that did not see it yet. A slow look only makes that earlier.
     */
    private long awaitStage(String... stages) {
        var head = remote.head();
        var before = new AtomicLong(System.nanoTime());
        Eventually.holds(
                "the deployment is one of " + List.of(stages),
                () -> {
                    long looked = System.nanoTime();
                    var d = agent.status(pipeline).path("deployment");
                    boolean there =
                            head.equals(d.path("commit").asText())
                                    && List.of(stages).contains(d.path("state").asText());
                    if (!there) {
                        before.set(looked);
                    }
                    return there;
                });
        return before.get();
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
