package io.plumbline.adapter.docker;

import com.github.dockerjava.transport.SSLConfig;
import io.plumbline.core.FailureKind;
import io.plumbline.port.Engine.Certificates;
import io.plumbline.port.EngineDoor;
import io.plumbline.port.PlumblineException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How connections to one engine come about, and what it means when none does. */
interface EngineRoute extends AutoCloseable {
    /** For connecting, without the first answer. */
    Duration CONNECT = Duration.ofSeconds(5);

    /**
     * What a session's connections go to.
     *
     * @param host {@code unix:///PATH} or {@code tcp://HOST:PORT}, for docker-java's transport
     * @param tls null for none
     */
    record Target(URI host, @Nullable SSLConfig tls) {}

    /**
     * For a new session.
     *
     * @throws PlumblineException {@code UNREACHABLE}, with the reason alone, where there can be no
     *     connection now
     */
    Target target();

    /** Whether sessions of before should go: a file changed. Cheap, asked before each call. */
    default boolean changed() {
        return false;
    }

    /** What a broken connection means, with what to do; empty where the exception says it all. */
    default Optional<String> explain(Throwable failure) {
        return Optional.empty();
    }

    /**
     * As {@link #explain}, where no connection came about at all: takes a second look where the
     * exception says nothing.
     */
    default Optional<String> explainOpening(Throwable failure) {
        return explain(failure);
    }

    /** See {@link io.plumbline.port.Engine#certificates}. */
    default Certificates certificates() {
        return Certificates.NONE;
    }

    /** For messages. */
    String where();

    @Override
    default void close() {}

    /**
     * The route that the settings say.
     *
     * @throws PlumblineException {@code INVALID} where the endpoint cannot be
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
            case EngineReach.Through through -> new ThroughDoor(through.door(), host.toString());
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

    /** Nothing between. */
    record Direct(URI host, String where) implements EngineRoute {
        @Override
        public Target target() {
            return new Target(host, null);
        }
    }

    /** Through a local socket that leads elsewhere. */
    record ThroughDoor(EngineDoor door, String where) implements EngineRoute {
        @Override
        public Target target() {
            return new Target(uri("", "unix://" + door.open(CONNECT.multipliedBy(3))), null);
        }

        @Override
        public Optional<String> explain(Throwable failure) {
            return door.trouble();
        }

        @Override
        public void close() {
            door.close();
        }
    }
}
