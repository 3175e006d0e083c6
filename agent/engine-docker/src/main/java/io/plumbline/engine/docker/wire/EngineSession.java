package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.AuthConfigurations;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.core.RemoteApiVersion;
import com.github.dockerjava.core.SSLConfig;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The clients of one engine, from a negotiation of the API version until they are retired. A
 * session counts its users. It closes itself when it is retired and its last user is done.
 */
final class EngineSession {
    /** The API version that this adapter is written for; engines also support older versions. */
    private static final RemoteApiVersion NEWEST = RemoteApiVersion.VERSION_1_44;

    private static final RemoteApiVersion OLDEST = RemoteApiVersion.VERSION_1_41;

    /**
     * More connections than are ever in use, so that no call waits for another one's. Calls of
     * pipelines need a permit, and there is one call about each object.
     */
    private static final int MOST_CALLS = 4096;

    private static final int MOST_STREAMS = 160;

    private final DockerHttpClient calls;
    private final DockerHttpClient streams;
    private final Runnable closeIdle;
    private final DockerClient docker;
    private final RemoteApiVersion api;
    private Runnable whenClosed = () -> {};
    private int users = 1;
    private boolean retired;
    private boolean closed;

    private EngineSession(
            DockerHttpClient calls,
            DockerHttpClient streams,
            Runnable closeIdle,
            RemoteApiVersion api,
            URI host) {
        this.calls = calls;
        this.streams = streams;
        this.closeIdle = closeIdle;
        this.api = api;
        this.docker = DockerClientImpl.getInstance(new Config(host, api), calls);
    }

    /** Opens a session and negotiates the API version. The caller is its first user. */
    static EngineSession open(EngineRoute.Target target) throws IOException {
        var transport = new EngineTransport(target, MOST_CALLS, AnswerLimits.LIST);
        DockerHttpClient calls = keeps(target) ? transport : new OneConnectionEach(transport);
        try {
            Request request = Request.builder().method("GET").path("/version").build();
            JsonNode version =
                    EngineWire.with(
                            "ApiVersion", EngineWire.json(EngineWire.exchange(calls, request)));
            RemoteApiVersion api =
                    negotiate(
                            version.path("ApiVersion").asText(),
                            version.path("MinAPIVersion").asText());
            var streams = new OneConnectionEach(new EngineTransport(target, MOST_STREAMS, 0));
            return new EngineSession(calls, streams, transport::closeIdle, api, target.host());
        } catch (IOException | RuntimeException e) {
            EngineWire.closeQuietly(calls);
            throw e;
        }
    }

    /**
     * Whether connections are kept between calls. A new one over TCP costs a round trip, and with
     * TLS more. Over a local socket it is cheap, and a kept one cannot be checked before use: a
     * read of the socket has no time limit.
     */
    private static boolean keeps(EngineRoute.Target target) {
        return !target.host().getScheme().equals("unix");
    }

    static RemoteApiVersion negotiate(String newest, String oldest) {
        RemoteApiVersion theirs = RemoteApiVersion.parseConfigWithDefault(newest);
        RemoteApiVersion least =
                oldest.isEmpty() ? OLDEST : RemoteApiVersion.parseConfigWithDefault(oldest);
        if (!theirs.isGreaterOrEqual(OLDEST) || !NEWEST.isGreaterOrEqual(least)) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "the engine speaks API versions "
                            + oldest
                            + " to "
                            + newest
                            + "; this agent speaks "
                            + OLDEST.getVersion()
                            + " to "
                            + NEWEST.getVersion());
        }
        return theirs.isGreaterOrEqual(NEWEST) ? NEWEST : theirs;
    }

    DockerClient docker() {
        return docker;
    }

    /** Returns the client for the adapter's own requests that answer at once. */
    DockerHttpClient calls() {
        return calls;
    }

    /** Returns the client for streams. */
    DockerHttpClient streams() {
        return streams;
    }

    RemoteApiVersion api() {
        return api;
    }

    synchronized void whenClosed(Runnable action) {
        whenClosed = action;
    }

    /** Adds a user; returns false if the session is retired. */
    synchronized boolean take() {
        if (retired) {
            return false;
        }
        users++;
        return true;
    }

    synchronized void release() {
        users--;
        if (retired) {
            closeIdle.run();
        }
        closeWhenIdle();
    }

    /** Refuses new users, and closes the connections that nobody uses. */
    synchronized void retire() {
        retired = true;
        closeIdle.run();
        closeWhenIdle();
    }

    /** Closes all its connections. */
    synchronized void closeNow() {
        retired = true;
        closeClients();
    }

    private void closeWhenIdle() {
        if (retired && users <= 0) {
            closeClients();
        }
    }

    private void closeClients() {
        if (!closed) {
            closed = true;
            EngineWire.closeQuietly(calls);
            EngineWire.closeQuietly(streams);
            whenClosed.run();
        }
    }

    /** Asks the engine to close each connection after its answer. */
    private record OneConnectionEach(DockerHttpClient client) implements DockerHttpClient {
        @Override
        public Response execute(Request request) {
            return client.execute(
                    Request.builder().from(request).putHeader("Connection", "close").build());
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    /**
     * A configuration that reads nothing from the user's home, the environment or system
     * properties.
     */
    private record Config(URI host, RemoteApiVersion api) implements DockerClientConfig {
        private static final ObjectMapper MODELS = AnswerLimits.models();

        @Override
        public URI getDockerHost() {
            return host;
        }

        @Override
        public RemoteApiVersion getApiVersion() {
            return api;
        }

        @Override
        public @Nullable String getRegistryUsername() {
            return null;
        }

        @Override
        public @Nullable String getRegistryPassword() {
            return null;
        }

        @Override
        public @Nullable String getRegistryEmail() {
            return null;
        }

        @Override
        public @Nullable String getRegistryUrl() {
            return null;
        }

        @Override
        public ObjectMapper getObjectMapper() {
            return MODELS;
        }

        @Override
        public @Nullable AuthConfig effectiveAuthConfig(String imageName) {
            return null;
        }

        @Override
        public @Nullable AuthConfigurations getAuthConfigurations() {
            return null;
        }

        @Override
        // The interface still names the class that it deprecates.
        @SuppressWarnings("deprecation")
        public @Nullable SSLConfig getSSLConfig() {
            return null;
        }
    }
}
