package io.plumbline.engine.docker.wire;

import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.UnixSocket;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.SystemDefaultDnsResolver;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.config.ConnectionConfig;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.impl.classic.HttpClients;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.ClassicHttpResponse;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.Header;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.HttpHost;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.config.Http1Config;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.io.SocketConfig;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.io.entity.InputStreamEntity;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.http.protocol.HttpCoreContext;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.net.URIAuthority;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.util.TimeValue;
import com.github.dockerjava.zerodep.shaded.org.apache.hc.core5.util.Timeout;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP client for one engine with {@link AnswerLimits}. It replaces docker-java's zerodep
 * transport and uses the HTTP client that is shaded into it. That transport does not limit an
 * answer's headers and cannot be configured to. This client does not support connections for raw
 * bytes (hijacking), which the agent does not use.
 */
final class EngineTransport implements DockerHttpClient {
    private static final Http1Config LIMITED =
            Http1Config.custom()
                    .setMaxLineLength(AnswerLimits.HEAD_LINE)
                    .setMaxHeaderCount(AnswerLimits.HEAD_LINES)
                    .build();

    /**
     * How long an idle connection is kept. A device on the way that loses it without a word would
     * make the next call late, and an object of the engine would seem not to answer. In a few
     * seconds that is as unlikely as during a call.
     */
    private static final TimeValue KEPT_FOR = TimeValue.ofSeconds(5);

    /** Probes of a silent TCP connection: after 30 s, then every 10 s, and three without answer. */
    private static final int PROBE_AFTER_SECONDS = 30;

    private static final int PROBE_EVERY_SECONDS = 10;
    private static final int PROBES = 3;

    private final PoolingHttpClientConnectionManager connections;
    private final CloseableHttpClient http;
    private final HttpHost host;
    private final int mostBytes;

    /**
     * Creates a client without opening a connection.
     *
     * @param connections maximum number of connections
     * @param mostBytes limit of a body; 0 for no limit
     */
    EngineTransport(EngineRoute.Target target, int connections, int mostBytes) {
        SSLContext tls = context(target);
        this.connections = manager(target.host(), tls, connections);
        this.http =
                HttpClients.custom()
                        .setConnectionManager(this.connections)
                        .setKeepAliveStrategy((_, _) -> KEPT_FOR)
                        .disableConnectionState()
                        // GuardedEngine repeats observations; nothing else may be sent twice.
                        .disableAutomaticRetries()
                        .build();
        this.host =
                target.host().getScheme().equals("unix")
                        ? new HttpHost("unix", "localhost", 2375)
                        : new HttpHost(
                                tls == null ? "http" : "https",
                                target.host().getHost(),
                                target.host().getPort());
        this.mostBytes = mostBytes;
    }

    private static @Nullable SSLContext context(EngineRoute.Target target) {
        try {
            return target.tls() == null ? null : target.tls().getSSLContext();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the TLS files cannot be used", e);
        }
    }

    private static PoolingHttpClientConnectionManager manager(
            URI to, @Nullable SSLContext tls, int connections) {
        // Without TLS files there is no https, and the system's authorities are not read.
        var handshake = tls == null ? null : new DefaultClientTlsStrategy(tls);
        var operator =
                new DefaultHttpClientConnectionOperator(
                        proxy -> socket(to, proxy),
                        DefaultSchemePortResolver.INSTANCE,
                        SystemDefaultDnsResolver.INSTANCE,
                        scheme -> scheme.equalsIgnoreCase("https") ? handshake : null);
        var manager =
                new PoolingHttpClientConnectionManager(
                        operator,
                        null,
                        null,
                        null,
                        ManagedHttpClientConnectionFactory.builder().http1Config(LIMITED).build());
        manager.setDefaultSocketConfig(socketConfig(!to.getScheme().equals("unix")));
        manager.setMaxTotal(connections);
        manager.setDefaultMaxPerRoute(connections);
        manager.setDefaultConnectionConfig(
                ConnectionConfig.custom()
                        // An engine that restarted has closed it: found before a request is sent.
                        .setValidateAfterInactivity(TimeValue.ZERO_MILLISECONDS)
                        .setConnectTimeout(
                                Timeout.of(EngineRoute.CONNECT.toMillis(), TimeUnit.MILLISECONDS))
                        .build());
        return manager;
    }

    private static SocketConfig socketConfig(boolean tcp) {
        var config = SocketConfig.custom().setSoTimeout(Timeout.ZERO_MILLISECONDS);
        return tcp
                ? config.setSoKeepAlive(true)
                        .setTcpKeepIdle(PROBE_AFTER_SECONDS)
                        .setTcpKeepInterval(PROBE_EVERY_SECONDS)
                        .setTcpKeepCount(PROBES)
                        .build()
                : config.build();
    }

    private static Socket socket(URI to, @Nullable Proxy proxy) throws IOException {
        if (to.getScheme().equals("unix")) {
            return UnixSocket.get(to.getPath());
        }
        return proxy == null ? new Socket() : new Socket(proxy);
    }

    /** Closes the connections that no call uses. */
    void closeIdle() {
        connections.closeIdle(TimeValue.ZERO_MILLISECONDS);
    }

    @Override
    public Response execute(Request request) {
        connections.closeExpired();
        var asked = new HttpUriRequestBase(request.method(), URI.create(request.path()));
        asked.setScheme(host.getSchemeName());
        asked.setAuthority(new URIAuthority(host.getHostName(), host.getPort()));
        request.headers().forEach(asked::setHeader);
        byte[] bytes = request.bodyBytes();
        InputStream body = request.body();
        if (bytes != null) {
            asked.setEntity(new ByteArrayEntity(bytes, null));
        } else if (body != null) {
            asked.setEntity(new InputStreamEntity(body, null));
        }
        try {
            return new Answer(
                    asked, http.executeOpen(host, asked, new HttpCoreContext()), mostBytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        http.close();
    }

    /** An answer whose headers were read. */
    private static final class Answer implements Response {
        private static final int REST = 4096;

        private final HttpUriRequestBase request;
        private final ClassicHttpResponse response;
        private final int mostBytes;
        private @Nullable InputStream body;

        Answer(HttpUriRequestBase request, ClassicHttpResponse response, int mostBytes) {
            this.request = request;
            this.response = response;
            this.mostBytes = mostBytes;
        }

        @Override
        public int getStatusCode() {
            return response.getCode();
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return Arrays.stream(response.getHeaders())
                    .collect(
                            Collectors.groupingBy(
                                    Header::getName,
                                    Collectors.mapping(Header::getValue, Collectors.toList())));
        }

        @Override
        public synchronized InputStream getBody() {
            if (body == null) {
                body = limited();
            }
            return body;
        }

        private InputStream limited() {
            try {
                InputStream whole =
                        response.getEntity() == null
                                ? InputStream.nullInputStream()
                                : response.getEntity().getContent();
                if (response.getCode() >= 300) {
                    return AnswerLimits.beginOf(whole, AnswerLimits.REFUSAL);
                }
                return mostBytes == 0 ? whole : AnswerLimits.atMost(whole, mostBytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Reads what follows the part that was needed, such as the mark of the body's end. Only
         * then the connection can be used again.
         */
        private void readToTheEnd() {
            try {
                getBody().readNBytes(REST);
            } catch (IOException | RuntimeException e) {
                // The connection is closed, as one of which too much is left.
                return;
            }
        }

        @Override
        public void close() {
            if (mostBytes > 0) {
                readToTheEnd();
            }
            // Else the rest of the body is not read, because it may have no end.
            request.abort();
            EngineWire.closeQuietly(response);
        }
    }
}
