package io.plumbline.port;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A local unix socket that leads to an engine by another route, such as ssh. Each connection to the
 * socket is a connection to the engine.
 */
public interface EngineTunnel extends AutoCloseable {

    /**
     * Ensures that the socket leads to the engine; connects if there is no connection.
     *
     * @param deadline for the connection
     * @return the socket, always the same
     * @throws PlumblineException {@code UNREACHABLE} with the reason and the correction
     */
    Path open(Duration deadline);

    /**
     * Returns why connections to the socket are closed without an answer; empty if there was no
     * error or the last connection succeeded.
     */
    Optional<String> trouble();

    @Override
    void close();
}
