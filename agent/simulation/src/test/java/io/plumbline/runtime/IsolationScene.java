package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.apply.DockerDriver;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.observe.EngineGuards;
import io.plumbline.engine.docker.wire.DockerEngines;
import io.plumbline.enginesim.EngineSim;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.control.Agent;
import io.plumbline.runtime.engine.EnginePace;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.testkit.FakeCordons;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import io.plumbline.testkit.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A whole agent and one pipeline on five simulated engines behind real sockets, of which the last
 * goes bad while containers on the others are stopped.
 */
public abstract class IsolationScene {
    public static final int BAD = 4;

    /** Repairs of the same container that do not look like a fight yet. */
    private static final int PEACE = 4;

    public final List<EngineSim> sims = new ArrayList<>();
    private final List<EngineClient> engines = new ArrayList<>();
    private final FakeGit git = new FakeGit("");
    private final FakeLedger ledger = new FakeLedger();
    private final LinkedBlockingQueue<PipelineEvent> repaired = new LinkedBlockingQueue<>();
    private @Nullable Agent agent;
    private String container = "";
    private int done;

    @BeforeEach
    void start() {
        for (int i = 0; i < 5; i++) {
            var id = "sha256:" + "ab".repeat(32);
            sims.add(EngineSim.start("e" + i).image(id, "web:1", "{\"Cmd\":[\"/bin/app\"]}"));
        }
        git.commit(
                Map.of(
                        "shop.yaml",
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop}
                        spec:
                          services: [{name: web, image: "web:1", stopGracePeriod: 0s}]
                          rollout: {soak: 0s}
                        """));
        anotherAgent(EnginePace.USUAL, Duration.ofSeconds(5));
        var release = ledger.releases("shop").getFirst();
        container =
                ContainerLayout.containerName(
                        "shop", "web", 1, release.services().getFirst().specHash());
    }

    @AfterEach
    void end() {
        endAgent();
        sims.forEach(EngineSim::close);
    }

    public Agent agent() {
        return Objects.requireNonNull(agent);
    }

    private void endAgent() {
        if (agent != null) {
            agent.close();
        }
        engines.forEach(EngineClient::close);
        engines.clear();
    }

    /**
     * One on the same engines and record, that has looked at all.
     *
     * @param deadline of each call to an engine
     */
    public void anotherAgent(EnginePace pace, Duration deadline) {
        endAgent();
        var guards = new EngineGuards();
        var configured = new ArrayList<Agent.Configured>();
        for (var sim : sims) {
            var engine =
                    guards.guard(
                            DockerEngines.hasty(sim.name(), sim.endpoint(), "fleet", deadline),
                            new Redaction(new NoSecrets()));
            engines.add(engine);
            configured.add(
                    new Agent.Configured(
                            DockerDriver.of(engine),
                            sim.endpoint(),
                            new TreeMap<>(),
                            null,
                            null,
                            null));
        }
        var allow = new AllowPolicy(List.of("*"), true, Set.of(), 1024, 65535, List.of("*"));
        var next =
                new Agent(
                        new Agent.Setup(
                                "fleet",
                                Duration.ofSeconds(60),
                                configured,
                                List.of(
                                        new Agent.Watched(
                                                "ml",
                                                git,
                                                Duration.ofMillis(50),
                                                allow,
                                                Set.of(),
                                                List.of(),
                                                null)),
                                ledger,
                                new FakeCordons(),
                                new Redaction(new NoSecrets()),
                                v -> v.text(),
                                Ticker.system(),
                                Duration.ZERO,
                                new SilentTelemetry()),
                        pace);
        agent = next;
        var _ =
                next.control()
                        .subscribe(
                                e -> {
                                    if (e.type().equals("DriftRepaired")) {
                                        repaired.add(e);
                                    }
                                });
        next.start();
        synced();
    }

    private void synced() {
        Patience.await()
                .pollInterval(Duration.ofMillis(5))
                .ignoreExceptions()
                .until(
                        () -> {
                            var status = agent().control().status("shop");
                            return status.state() == SyncState.SYNCED && status.cleanUp().isEmpty();
                        });
    }

    /** Stops a container on a good engine; returns when its repair was told. */
    public void repair() throws InterruptedException {
        if (done % (PEACE * BAD) == 0) {
            // As people say it: begin anew with what looks like a fight.
            agent().control().execute(Command.sync("shop"), new Caller("test", "", false));
        }
        var sim = sims.get(done++ % BAD);
        repaired.clear();
        sim.stop(container);
        var event = repaired.poll(Patience.LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(event).as("repaired on %s", sim.name()).isNotNull();
        assertThat(event.engine()).isEqualTo(sim.name());
    }
}
