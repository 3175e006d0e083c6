package io.plumbline.adapter.docker;

import io.plumbline.port.Engine;
import io.plumbline.port.Engine.NewContainer;
import java.time.Duration;
import java.util.Optional;

/** What tests of other packages need of the adapter's inside. */
public final class DockerDoor {
    private DockerDoor() {}

    /** The adapter with that deadline for every call. */
    public static Engine hasty(String name, String endpoint, String agent, Duration each) {
        return new DockerEngine(
                new DockerEngineSettings(
                        name, endpoint, null, agent, "busybox:1", _ -> Optional.empty()),
                new Deadlines(each, each, each, each, each));
    }

    /** The body with which the adapter makes a container. */
    public static String createBody(NewContainer container, String network) {
        return CreateBody.of(container, network).toString();
    }
}
