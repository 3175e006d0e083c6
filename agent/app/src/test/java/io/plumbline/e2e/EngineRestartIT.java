package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The engine goes down in every way it can, with kept containers of older releases on the same host
 * port as the current one: the current release serves afterwards, every time.
 */
class EngineRestartIT {
    private static final int ROUNDS = 3;
    private static final int PORT = 18080;
    private static final String PIPELINE = Workshop.name("restarted");
    private static final GitRemote REMOTE = new GitRemote();

    private static OwnEngine own;
    private static TestImages images;
    private static AgentProcess agent;
    private static String head = "";
    private static String current;
    private static List<String> kept;

    @BeforeAll
    static void deployThreeReleases() {
        own = OwnEngine.started();
        images = new TestImages(own.engine());
        agent =
                AgentProcess.setup()
                        .engine(own.engine())
                        .repository(REMOTE)
                        .probeImage(images.busybox())
                        .relist("2s")
                        .start();
        for (var version : List.of("1", "2", "3")) {
            head = REMOTE.commit("Version " + version, "p.yaml", manifest(images.web(version)));
            agent.awaitSynced(PIPELINE, head);
        }
        var running = own.engine().running(PIPELINE, "web");
        assertThat(running).hasSize(1);
        current = running.getFirst();
        kept =
                own.engine().containers("plumbline.pipeline=" + PIPELINE).stream()
                        .filter(id -> !id.equals(current))
                        .toList();
        assertThat(kept).hasSize(2);
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        if (own != null) {
            own.close();
        }
    }

    private static String manifest(String image) {
        return Manifests.pipeline(
                PIPELINE,
                "0s",
                "60s",
                List.of(
                        Manifests.service(
                                "web",
                                image,
                                "restart: always\nports: [{container: 8080, host: \""
                                        + PORT
                                        + "\"}]")),
                "");
    }

    /** How an engine goes down and comes up. */
    enum Way {
        RESTARTED {
            @Override
            void go() {
                own.restart();
            }
        },
        KILLED {
            @Override
            void go() {
                own.kill9();
                own.start();
            }
        },
        CRASHED {
            @Override
            void go() {
                own.crash();
                own.start();
            }
        };

        abstract void go();
    }

    @ParameterizedTest
    @EnumSource
    void currentReleaseServesAfterwards(Way way) {
        for (int round = 0; round < ROUNDS; round++) {
            way.go();
            assertServes();
        }
    }

    @Test
    void isUnknownWhileTheEngineIsDownAndRecoversByItself() {
        own.stop();
        var down =
                Eventually.is(
                        "the engine is unreachable and its pipelines unknown",
                        () -> agent.status(PIPELINE),
                        s ->
                                s.path("state").asText().equals("Unknown")
                                        && s.at("/engines/0/state").asText().equals("Unreachable"));
        assertThat(down.path("reason").asText()).isNotEmpty();
        assertThat(down.path("health").asText()).isEqualTo("Unknown");
        assertThat(down.at("/engines/0/reason").asText()).isNotEmpty();
        assertThat(down.path("commit").asText()).isEqualTo(head);
        assertThat(agent.json("/api/v1/engines").at("/0/state").asText()).isEqualTo("Unreachable");
        assertThat(agent.get("/healthz").statusCode()).isEqualTo(200);
        Eventually.stays(
                "it is never green meanwhile",
                Duration.ofSeconds(1),
                () -> agent.status(PIPELINE).path("state").asText().equals("Unknown"));

        own.start();
        assertServes();
        assertThat(agent.status(PIPELINE).at("/engines/0/state").asText()).isEqualTo("Ready");
    }

    @Test
    void startsWithAnEngineThatIsDown() {
        agent.stop();
        own.stop();
        agent.launch();
        Eventually.is(
                "the agent says that it is not ready, and why",
                () -> agent.get("/readyz"),
                answer -> answer.statusCode() == 503 && answer.body().contains("engine local"));
        var status = agent.awaitState(PIPELINE, "Unknown");
        assertThat(status.path("stableCommit").asText()).isEqualTo(head);

        own.start();
        assertServes();
        Eventually.holds("the agent is ready", () -> agent.get("/readyz").statusCode() == 200);
        assertThat(Ask.history(agent, PIPELINE)).hasSize(3);
    }

    /** The very container of the current release, alone, and the older ones as they were kept. */
    private static void assertServes() {
        agent.awaitSynced(PIPELINE, head);
        Poller.awaitBody(own.address(), PORT, "3");
        var engine = own.engine();
        assertThat(engine.running(PIPELINE, "web")).containsExactly(current);
        for (var id : kept) {
            var container = engine.inspect(id);
            assertThat(container.at("/State/Status").asText()).isEqualTo("exited");
            assertThat(container.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("no");
        }
        assertThat(engine.containers("plumbline.pipeline=" + PIPELINE)).hasSize(3);
        assertThat(agent.status(PIPELINE).path("quarantined")).isEmpty();
    }
}
