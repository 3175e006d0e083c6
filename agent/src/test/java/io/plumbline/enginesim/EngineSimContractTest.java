package io.plumbline.enginesim;

import io.plumbline.adapter.docker.DockerEngine;
import io.plumbline.adapter.docker.DockerEngineSettings;
import io.plumbline.core.release.ContainerSpec;
import io.plumbline.core.release.ImageRef;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.port.Engine;
import io.plumbline.testkit.EngineContract;
import io.plumbline.testkit.SpecBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/**
 * The real adapter over a simulated engine keeps the contract that it keeps over a real one: so the
 * simulation answers as a real engine does.
 */
class EngineSimContractTest extends EngineContract {
    private final EngineSim sim =
            EngineSim.start("sim")
                    .image(
                            "shell:1",
                            "{\"Env\":[\"FROM_IMAGE=1\"],\"Cmd\":[\"/bin/sleep\",\"1000\"]}")
                    .image(
                            "labelled:1",
                            "{\"Cmd\":[\"/bin/sleep\"],\"Labels\":{\"plumbline.pipeline\":\"x\"}}");
    private final Engine engine =
            DockerEngine.open(
                    new DockerEngineSettings(
                            "sim",
                            sim.endpoint(),
                            "10.231.0.0/20",
                            agent(),
                            "shell:1",
                            _ -> Optional.empty()));

    @AfterEach
    void close() {
        engine.close();
        sim.close();
    }

    @Override
    protected Engine engine() {
        return engine;
    }

    private SpecBuilder sh(String script) {
        return new SpecBuilder(image()).command("/bin/sh", "-c", script).stop(null, Duration.ZERO);
    }

    @Override
    protected ContainerSpec sleeper() {
        return new SpecBuilder(image())
                .command("/bin/sleep", "1000")
                .stop(null, Duration.ZERO)
                .build();
    }

    @Override
    protected ImageRef image() {
        return new ImageRef.LocalId(sim.imageId("shell:1"));
    }

    @Override
    protected ContainerSpec broken() {
        return new SpecBuilder(image()).command("/no/such/program").build();
    }

    @Override
    protected ContainerSpec ending(int code) {
        return sh("exit " + code).restart(RestartPolicy.NO).build();
    }

    @Override
    protected ContainerSpec checked(boolean healthy) {
        return sh("sleep 1000")
                .healthcheck(
                        new Healthcheck.Exec(
                                List.of("/bin/sh", "-c", healthy ? "exit 0" : "exit 1")))
                .build();
    }

    @Override
    protected ContainerSpec talking() {
        return sh("echo one; echo two; echo three; sleep 1000").build();
    }

    @Override
    protected void talk(String container) {}

    @Override
    protected ContainerSpec labelled() {
        return new SpecBuilder(new ImageRef.LocalId(sim.imageId("labelled:1")))
                .command("/bin/sleep", "1000")
                .build();
    }

    @Override
    protected List<String> exits(int code) {
        return List.of("/bin/sh", "-c", "exit " + code);
    }

    @Override
    protected void pause(String containerId) {
        sim.pause(containerId);
    }

    @Override
    protected int freePorts() {
        return 20000;
    }
}
