package io.plumbline.runtime;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.core.release.AllowPolicy;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A whole agent on a simulated engine, and what a test commits. */
final class OneEngineScene implements AutoCloseable {
    static final String IMAGE = "web:1";

    private final FakeGit git = new FakeGit("");
    private final FakeLedger ledger = new FakeLedger();
    private final EngineClient engine;
    private final Agent agent;
    private final Map<String, String> files = new TreeMap<>(Map.of("other.txt", "nothing yet"));

    /**
     * Starts an agent.
     *
     * @param endpoint of the engine, as configured
     */
    OneEngineScene(String endpoint) {
        git.commit(files);
        engine =
                new EngineGuards()
                        .guard(
                                DockerEngines.hasty(
                                        "one", endpoint, "fleet", Duration.ofSeconds(20)),
                                new Redaction(new NoSecrets()));
        var allow = new AllowPolicy(List.of("*"), true, Set.of(), 1024, 65535, List.of("*"));
        agent =
                new Agent(
                        new Agent.Setup(
                                "fleet",
                                Duration.ofSeconds(60),
                                List.of(
                                        new Agent.Configured(
                                                DockerDriver.of(engine),
                                                endpoint,
                                                new TreeMap<>(),
                                                null,
                                                null,
                                                null)),
                                List.of(
                                        new Agent.Watched(
                                                "ml",
                                                git,
                                                Duration.ofMillis(5),
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
                        EnginePace.USUAL);
        agent.start();
    }

    /** Returns the engine with the image of all pipelines. */
    static EngineSim withImage(EngineSim sim) {
        return sim.image("sha256:" + "ab".repeat(32), IMAGE, "{\"Cmd\":[\"/bin/app\"]}");
    }

    /** Adds a pipeline, or replaces it, in the next commit. */
    void pipeline(String name, int services, String version) {
        var all = new StringBuilder();
        for (int i = 0; i < services; i++) {
            all.append(
                    "    - {name: s%d, image: \"%s\", stopGracePeriod: 0s, env: {V: \"%s\"}}\n"
                            .formatted(i, IMAGE, version));
        }
        files.put(
                name + ".yaml",
                """
                apiVersion: plumbline/v1
                kind: Pipeline
                metadata: {name: %s}
                spec:
                  rollout: {soak: 0s}
                  services:
                %s"""
                        .formatted(name, all));
    }

    void commit() {
        git.commit(files);
    }

    /** Says that what comes is no fight about a container. */
    void sync(String pipeline) {
        agent.control().execute(Command.sync(pipeline), new Caller("test", "", false));
        awaitSynced(pipeline);
    }

    /** Returns the name of a service's container. */
    String container(String pipeline, String service) {
        var release = ledger.releases(pipeline).getFirst();
        return ContainerLayout.containerName(
                pipeline, service, 1, release.service(service).orElseThrow().specHash());
    }

    void awaitSynced(String pipeline) {
        Patience.await()
                .pollInterval(Duration.ofMillis(2))
                .ignoreExceptions()
                .until(() -> agent.control().status(pipeline).state() == SyncState.SYNCED);
    }

    @Override
    public void close() {
        agent.close();
        engine.close();
    }
}
