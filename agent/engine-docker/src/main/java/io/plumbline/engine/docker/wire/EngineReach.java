package io.plumbline.engine.docker.wire;

import io.plumbline.port.EngineTunnel;
import java.nio.file.Path;

/** The kind of connection to an engine, in addition to its endpoint. */
public sealed interface EngineReach {

    /** Without additions: {@code unix://} and plain {@code tcp://}. */
    record Plain() implements EngineReach {}

    /**
     * Mutual TLS over {@code tcp://HOST:PORT}. The files are read again when they change.
     *
     * @param ca PEM, the only authorities that may sign the engine's certificate
     * @param cert PEM, the agent's certificate and its chain
     * @param key PEM, its key
     */
    record Tls(Path ca, Path cert, Path key) implements EngineReach {}

    /** Through a local socket that another part keeps open: {@code ssh://}. */
    record Through(EngineTunnel tunnel) implements EngineReach {}
}
