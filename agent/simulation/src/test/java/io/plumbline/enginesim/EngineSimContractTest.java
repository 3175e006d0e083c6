package io.plumbline.enginesim;

import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.wire.DockerEngine;
import io.plumbline.engine.docker.wire.DockerEngineSettings;
import io.plumbline.testkit.ShellEngineContract;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/**
 * The real adapter over a simulated engine keeps the contract that it keeps over a real one: so the
 * simulation answers as a real engine does.
 */
class EngineSimContractTest extends ShellEngineContract {
    private final EngineSim sim =
            EngineSim.start("sim")
                    .image(
                            "shell:1",
                            "{\"Env\":[\"FROM_IMAGE=1\"],\"Cmd\":[\"/bin/sleep\",\"1000\"]}")
                    .image(
                            "labelled:1",
                            "{\"Cmd\":[\"/bin/sleep\"],\"Labels\":{\"plumbline.pipeline\":\"x\"}}");
    private final EngineClient engine =
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
    protected EngineClient engine() {
        return engine;
    }

    @Override
    protected ImageRef image() {
        return new ImageRef.LocalId(sim.imageId("shell:1"));
    }

    @Override
    protected ImageRef labelledImage() {
        return new ImageRef.LocalId(sim.imageId("labelled:1"));
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
