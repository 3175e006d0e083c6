package io.plumbline.engine.docker.wire;

import io.plumbline.core.release.ImageRef;
import io.plumbline.e2e.Workshop;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.testkit.ShellEngineContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The engine contract's containers on a real engine; see {@link TestDocker} for what it needs. */
abstract class DockerEngineFixture extends ShellEngineContract {
    static final String REPOSITORY = "plumbline-it-" + ProcessHandle.current().pid();
    static final Duration LONG = Duration.ofMinutes(1);

    private static @Nullable Made made;

    final EngineClient engine = DockerEngine.open(settings(made().docker.endpoint()));

    /** What all tests share. */
    record Made(TestDocker docker, ImageRef shell, ImageRef bare, ImageRef labelled) {}

    static Made made() {
        return Objects.requireNonNull(made, "images were made");
    }

    @BeforeAll
    static void makeImages() {
        TestDocker docker = new TestDocker();
        made =
                new Made(
                        docker,
                        docker.importImage(
                                REPOSITORY,
                                true,
                                "ENV FROM_IMAGE=1",
                                "CMD [\"/bin/sleep\", \"1000\"]"),
                        docker.importImage(REPOSITORY + "-bare", false),
                        docker.importImage(
                                REPOSITORY + "-labelled", true, "LABEL plumbline.pipeline=x"));
    }

    @AfterAll
    static void removeImages() throws IOException {
        if (made != null) {
            List.of(made.shell, made.bare, made.labelled).forEach(made.docker::removeImage);
            made.docker.close();
        }
    }

    @AfterEach
    void cleanUp() {
        engine.close();
        made().docker.removeAllOf(List.of(agent(), "else-" + run));
    }

    final DockerEngineSettings settings(String endpoint) {
        return new DockerEngineSettings(
                "local",
                endpoint,
                "10.231.0.0/20",
                agent(),
                REPOSITORY + ":1",
                _ -> Optional.empty());
    }

    @Override
    protected EngineClient engine() {
        return engine;
    }

    @Override
    protected ImageRef image() {
        return made().shell;
    }

    @Override
    protected ImageRef labelledImage() {
        return made().labelled;
    }

    @Override
    protected void pause(String containerId) {
        made().docker.client().pauseContainerCmd(containerId).exec();
    }

    @Override
    protected int freePorts() {
        return Workshop.ports(10);
    }

    static FileContent file(String target, int mode, int owner, String text) {
        return new FileContent(target, mode, owner, owner, text.getBytes(StandardCharsets.UTF_8));
    }

    int run(String id, String script) {
        return engine.exec(id, List.of("/bin/sh", "-c", script), LONG).exitCode();
    }
}
