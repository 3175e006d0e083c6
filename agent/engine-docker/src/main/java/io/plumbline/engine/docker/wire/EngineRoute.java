package io.plumbline.engine.docker.wire;

import com.github.dockerjava.transport.SSLConfig;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient.Certificates;
import io.plumbline.port.EngineTunnel;
import io.plumbline.port.PlumblineException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The route to one engine: how connections are opened, and what their failures mean. */
interface EngineRoute extends AutoCloseable {
    /** Time limit for a connection, without the first answer. */
    Duration CONNECT = Duration.ofSeconds(5);

    /**
     * The target of a session's connections.
     *
     * @param host {@code unix:///PATH} or {@code tcp://HOST:PORT}, for docker-java's transport
     * @param tls null for none
     */
    record Target(URI host, @Nullable SSLConfig tls) {}

    /**
     * Returns the target for a new session.
     *
     * @throws PlumblineException {@code UNREACHABLE}, with the reason only, if no connection is
     *     possible now
     */
    Target target();

    /**
     * Whether older sessions must be retired, because a file changed. Cheap; called before each
     * call.
     */
    default boolean changed() {
        return false;
    }

    /** Explains a broken connection, with the remedy; empty if the exception is sufficient. */
    default Optional<String> explain(Throwable failure) {
        return Optional.empty();
    }

    /**
     * Does the same for a connection that could not be opened. It may try again if the exception
     * has no reason.
     */
    default Optional<String> explainOpening(Throwable failure) {
        return explain(failure);
    }

    /** See {@link io.plumbline.engine.docker.api.EngineClient#certificates}. */
    default Certificates certificates() {
        return Certificates.NONE;
    }

    /** Returns the address for messages. */
    String where();

    @Override
    default void close() {}

    /**
     * Returns the route for the settings.
     *
     * @throws PlumblineException {@code INVALID} for an invalid endpoint
     */
    static EngineRoute of(DockerEngineSettings settings) {
        URI host = uri(settings.name(), settings.endpoint());
        String scheme = String.valueOf(host.getScheme());
        return switch (settings.reach()) {
            case EngineReach.Plain _ when scheme.equals("unix") -> new Direct(host, host.getPath());
            case EngineReach.Plain _ when scheme.equals("tcp") ->
                    new Direct(host, settings.endpoint());
            case EngineReach.Tls tls when scheme.equals("tcp") ->
                    new TlsRoute(settings.name(), host, tls);
            case EngineReach.Through through ->
                    new ThroughTunnel(through.tunnel(), host.toString());
            case EngineReach.Plain _, EngineReach.Tls _ ->
                    throw new PlumblineException(
                            FailureKind.INVALID,
                            "engine "
                                    + settings.name()
                                    + ": there is no way to "
                                    + settings.endpoint()
                                    + "; write unix:///path/of/the/socket, tcp://host:port or"
                                    + " ssh://user@host");
        };
    }

    private static URI uri(String engine, String endpoint) {
        try {
            if (endpoint.startsWith("unix://")) {
                String path = endpoint.substring("unix://".length());
                if (path.startsWith("/")) {
                    return new URI("unix", null, path, null);
                }
            }
            URI uri = new URI(endpoint);
            return uri.getPath() != null && uri.getPath().equals("/")
                    ? new URI(uri.getScheme(), uri.getAuthority(), null, null, null)
                    : uri;
        } catch (URISyntaxException e) {
            throw new PlumblineException(
                    FailureKind.INVALID, "engine " + engine + ": endpoint " + endpoint, e);
        }
    }

    /** A direct connection. */
    record Direct(URI host, String where) implements EngineRoute {
        @Override
        public Target target() {
            return new Target(host, null);
        }
    }

    /** A connection through a local socket of a tunnel. */
    record ThroughTunnel(EngineTunnel tunnel, String where) implements EngineRoute {
        @Override
        public Target target() {
            return new Target(uri("", "unix://" + tunnel.open(CONNECT.multipliedBy(3))), null);
        }

        @Override
        public Optional<String> explain(Throwable failure) {
            return tunnel.trouble();
        }

        @Override
        public void close() {
            tunnel.close();
        }
    }
}
