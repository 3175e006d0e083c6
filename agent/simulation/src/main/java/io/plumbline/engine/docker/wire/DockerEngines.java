package io.plumbline.engine.docker.wire;

import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import java.time.Duration;
import java.util.Optional;

/** What tests of other packages need of the adapter's inside. */
public final class DockerEngines {
    private DockerEngines() {}

    /** The adapter with that deadline for every call. */
    public static EngineClient hasty(String name, String endpoint, String agent, Duration each) {
        return new DockerEngine(
                new DockerEngineSettings(
                        name, endpoint, null, agent, "busybox:1", _ -> Optional.empty()),
                new Deadlines(each, each, each, each, each));
    }

    /** The body with which the adapter makes a container. */
    public static String createBody(NewContainer container, String network) {
        return CreateBody.of(container, network).toString();
    }

    /** The real engine of the tests with an image of that name that has a shell. */
    public static AutoCloseable realEngine(String repository) {
        var docker = new TestDocker();
        var image = docker.importImage(repository, true, "CMD [\"/bin/sleep\", \"1000\"]");
        return () -> {
            docker.removeImage(image);
            docker.close();
        };
    }

    /** Its endpoint. */
    public static String realEndpoint() {
        try (var docker = new TestDocker()) {
            return docker.endpoint();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
