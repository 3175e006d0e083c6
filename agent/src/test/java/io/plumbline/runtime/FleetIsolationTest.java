package io.plumbline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.adapter.docker.DockerDoor;
import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.ContainerLayout;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.enginesim.EngineSim;
import io.plumbline.enginesim.SimFault;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.FakeCordons;
import io.plumbline.testkit.FakeGit;
import io.plumbline.testkit.FakeLedger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A whole agent and one pipeline on five simulated engines behind real sockets, of which one goes
 * bad: how long a stopped container on the others stays stopped, with and without it.
 */
class FleetIsolationTest {
    private static final int BAD = 4;
    private static final int ROUNDS = Integer.getInteger("plumbline.isolation.rounds", 15);

    private final List<EngineSim> sims = new ArrayList<>();
    private final FakeGit git = new FakeGit("");
    private final FakeLedger ledger = new FakeLedger();
    private final EngineGuards guards = new EngineGuards();
    private final LinkedBlockingQueue<PipelineEvent> repaired = new LinkedBlockingQueue<>();
    private Agent agent;
    private String container;

    @BeforeEach
    void start() {
        var configured = new ArrayList<Agent.Configured>();
        for (int i = 0; i < 5; i++) {
            var id = "sha256:" + "ab".repeat(32);
            var sim = EngineSim.start("e" + i).image(id, "web:1", "{\"Cmd\":[\"/bin/app\"]}");
            sims.add(sim);
            var engine =
                    guards.guard(
                            DockerDoor.hasty(
                                    sim.name(), sim.endpoint(), "fleet", Duration.ofSeconds(5)),
                            new Redaction(new NoSecrets()));
            configured.add(
                    new Agent.Configured(
                            engine, sim.endpoint(), new TreeMap<>(), null, null, null));
        }
        var allow = new AllowPolicy(List.of("*"), true, Set.of(), 1024, 65535, List.of("*"));
        agent =
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
                                new SilentTelemetry()));
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
        agent.start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> agent.control().status("shop").state() == SyncState.SYNCED);
        var release = ledger.releases("shop").getFirst();
        container =
                ContainerLayout.containerName(
                        "shop", "web", 1, release.services().getFirst().specHash());
        var _ =
                agent.control()
                        .subscribe(
                                e -> {
                                    if (e.type().equals("DriftRepaired")) {
                                        repaired.add(e);
                                    }
                                });
    }

    @AfterEach
    void end() {
        agent.close();
        sims.forEach(EngineSim::close);
    }

    /** Milliseconds from stopping a container to its repair being told, on the good engines. */
    private List<Double> repairs() throws InterruptedException {
        var out = new ArrayList<Double>();
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < BAD; i++) {
                repaired.clear();
                long began = System.nanoTime();
                sims.get(i).stop(container);
                var event = repaired.poll(20, TimeUnit.SECONDS);
                assertThat(event).as("repaired on %s", sims.get(i).name()).isNotNull();
                out.add((System.nanoTime() - began) / 1e6);
            }
        }
        out.sort(Double::compare);
        return out;
    }

    private static double at(List<Double> sorted, double share) {
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(share * sorted.size())));
    }

    @Test
    void repairsOnTheOthersTakeAsLongAsEverWhateverOneEngineDoes() throws Exception {
        repairs();
        var usual = repairs();
        for (var fault : List.of(new SimFault.Hang(), new SimFault.Refuse())) {
            sims.get(BAD).fault(fault);
            tell(fault.getClass().getSimpleName(), usual, repairs());
            sims.get(BAD).fault(SimFault.NONE);
        }
        sims.get(BAD).flap(Duration.ofSeconds(3));
        tell("comes and goes every 3 s", usual, repairs());
        sims.get(BAD).steady();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> agent.control().status("shop").state() == SyncState.SYNCED);
    }

    /** A hang that anybody waited for would cost seconds; the machine's own noise does not. */
    private static void tell(String what, List<Double> usual, List<Double> now) {
        System.out.printf(
                "isolation: %s: repairs elsewhere median %.1f ms (usual %.1f), p99 %.1f ms (usual"
                        + " %.1f), %d each%n",
                what, at(now, 0.5), at(usual, 0.5), at(now, 0.99), at(usual, 0.99), now.size());
        assertThat(at(now, 0.5)).isLessThan(2 * at(usual, 0.5) + 10);
        assertThat(at(now, 0.99)).isLessThan(2 * at(usual, 0.99) + 250);
    }
}
