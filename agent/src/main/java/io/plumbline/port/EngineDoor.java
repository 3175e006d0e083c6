package io.plumbline.port;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A local unix socket that leads to an engine which is reached in another way, over ssh. Each
 * connection to the socket is one to the engine.
 */
public interface EngineDoor extends AutoCloseable {

    /**
     * Sees to it that the socket leads to the engine: connects where nothing is connected.
     *
     * @param deadline for connecting
     * @return the socket, always the same
     * @throws PlumblineException {@code UNREACHABLE} with the reason and what to do
     */
    Path open(Duration deadline);

    /**
     * Why connections to the socket are closed without an answer; empty where nothing was seen or
     * where the last one went well.
     */
    Optional<String> trouble();

    @Override
    void close();
}
