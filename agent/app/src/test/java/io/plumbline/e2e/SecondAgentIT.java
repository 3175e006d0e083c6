package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two agents of one name on one engine: the first goes on, the second changes nothing. */
class SecondAgentIT {
    private final TestEngine engine = TestEngine.shared();
    private final TestImages images = new TestImages(engine);
    private final GitRemote remote = new GitRemote();
    private final GitRemote others = new GitRemote();
    private final String pipeline = Workshop.name("twice");
    private AgentProcess first = AgentProcess.setup().prepared();
    private AgentProcess second = AgentProcess.setup().prepared();

    @BeforeEach
    void start() {
        first.close();
        second.close();
        first =
                AgentProcess.setup()
                        .engine(engine)
                        .repository(remote)
                        .probeImage(images.busybox())
                        .start();
        second =
                AgentProcess.setup()
                        .named(first.name())
                        .engine(engine)
                        .repository(others)
                        .probeImage(images.busybox())
                        .prepared();
    }

    @AfterEach
    void removeAll() {
        second.close();
        first.close();
        remote.close();
        others.close();
        images.close();
    }

    private String commit(GitRemote to, String version) {
        var web = Manifests.service("web", images.web(version), "");
        return to.commit(version, Map.of("p.yaml", Manifests.pipeline(pipeline, web)));
    }

    private String marker() {
        return engine.docker(
                "volume",
                "inspect",
                "-f",
                "{{index .Labels \"plumbline.ledger\"}}",
                "plumbline-agent-" + first.name());
    }

    private static String reason(AgentProcess agent) {
        return agent.get("/api/v1/engines").body();
    }

    @Test
    void theSecondSaysSoAndChangesNothingWhileTheFirstGoesOn() {
        first.awaitSynced(pipeline, commit(remote, "1"));
        var runs = engine.running(pipeline, "web");
        var marker = marker();

        commit(others, "2");
        second.start();
        Eventually.holds(
                "the second says so", () -> reason(second).contains("another agent of the name"));
        // More than the two relists after which it would take over if the first did not answer.
        Eventually.stays(
                "the second changes nothing",
                Duration.ofSeconds(20),
                () ->
                        engine.running(pipeline, "web").equals(runs)
                                && marker().equals(marker)
                                && !reason(first).contains("another agent"));
        assertThat(second.plumb("events", "-n", "100").ok().out()).contains("SecondAgent");
        assertThat(second.get("/metrics").body())
                .contains("plumbline_engine_contested{engine=\"local\"} 1.0");
        assertThat(first.log()).contains("wants to work there");

        first.awaitSynced(pipeline, commit(remote, "3"));
        assertThat(marker()).isEqualTo(marker);

        // What the first cannot answer any more the second takes over.
        first.kill9();
        var third = commit(others, "3");
        Eventually.holds("the second takes over", () -> !marker().equals(marker));
        second.awaitSynced(pipeline, third);
        assertThat(second.plumb("events", "-n", "100").ok().out()).contains("EngineTakenOver");
        first.start();
        Eventually.holds(
                "the first says so", () -> reason(first).contains("another agent of the name"));
    }
}
