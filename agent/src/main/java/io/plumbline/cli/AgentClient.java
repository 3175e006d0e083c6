package io.plumbline.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.manifest.yaml.Words;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the agent. On HttpURLConnection, which starts quicker than java.net.http and follows no
 * redirect here: a token goes nowhere else.
 */
final class AgentClient {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final int CONNECT_MILLIS = 5_000;
    private static final int ANSWER_MILLIS = 180_000;
    private static final int STREAM_MILLIS = 60_000;
    private static final int MOST_BYTES = 256 << 20;

    static {
        // A request that was sent and not answered is not sent again behind our back.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    private final AgentAddress address;
    private final TlsFiles tls;

    AgentClient(AgentAddress address, TlsFiles tls) {
        this.address = address;
        this.tls = tls;
    }

    /**
     * An answer of the API.
     *
     * @param status of HTTP
     * @param body parsed
     */
    record Answered(int status, JsonNode body) {
        /** The exit code that a reply names; by status where it names none. */
        int exit() {
            if (body.path("exitCode").isInt()) {
                return body.path("exitCode").asInt();
            }
            return status < 400 ? Exit.DONE : Exit.of(status, body.path("code").asText(""));
        }
    }

    /** Takes the lines of a stream; false ends it. */
    interface Lines {
        boolean take(String line);

        /** The agent has accepted the request: its lines follow. */
        default void connected() {}
    }

    /** Reads; a problem becomes a {@link Refusal}. */
    JsonNode get(String path) {
        var answered = send("GET", path, null);
        if (answered.status() >= 400) {
            throw refusal(answered.status(), answered.body());
        }
        return answered.body();
    }

    /** Changes something. A reply that says that nothing will happen is returned too. */
    Answered post(String path, Object body) {
        var answered = send("POST", path, body);
        if (answered.status() >= 400 && !answered.body().has("outcome")) {
            throw refusal(answered.status(), answered.body());
        }
        return answered;
    }

    /** Reads a stream line by line, until it ends (true) or {@code lines} had enough (false). */
    boolean stream(String path, String accept, boolean quiet, Lines lines) {
        try {
            var connection = open("GET", path);
            // Events come with heartbeats; a log may be silent for ever.
            connection.setReadTimeout(quiet ? 0 : STREAM_MILLIS);
            connection.setRequestProperty("Accept", accept);
            if (connection.getResponseCode() >= 400) {
                throw refusal(connection.getResponseCode(), body(connection));
            }
            lines.connected();
            try (var reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    connection.getInputStream(), StandardCharsets.UTF_8))) {
                for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (!lines.take(line)) {
                        return false;
                    }
                }
            }
            return true;
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Whether the agent has read its repositories and engines since it started. */
    boolean ready() {
        try {
            return send("GET", "/readyz", null).status() < 400;
        } catch (Refusal e) {
            return false;
        }
    }

    /** A path of the API with its parts escaped: {@code /api/v1/pipelines/NAME/...}. */
    static String path(String pipeline, String... rest) {
        var path = new StringBuilder("/api/v1/pipelines/").append(escaped(pipeline));
        for (var part : rest) {
            path.append('/').append(escaped(part));
        }
        return path.toString();
    }

    /** A query of what is not null. */
    static String query(Map<String, ? extends @Nullable Object> parameters) {
        var query = new StringBuilder();
        parameters.forEach(
                (key, value) -> {
                    if (value != null) {
                        query.append(query.isEmpty() ? '?' : '&')
                                .append(key)
                                .append('=')
                                .append(escaped(value.toString()));
                    }
                });
        return query.toString();
    }

    static String escaped(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Answered send(String method, String path, @Nullable Object body) {
        try {
            var connection = open(method, path);
            connection.setRequestProperty("Accept", "application/json");
            if (body != null) {
                var bytes = JSON.writeValueAsBytes(body);
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", "application/json");
                connection.getOutputStream().write(bytes);
            }
            return new Answered(connection.getResponseCode(), body(connection));
        } catch (IOException e) {
            throw lost(e);
        }
    }

    private HttpURLConnection open(String method, String path) throws IOException {
        var url = URI.create(address.url() + path).toURL();
        var direct = AgentAddress.isLoopback(address.url().getHost());
        var connection =
                (HttpURLConnection)
                        (direct ? url.openConnection(Proxy.NO_PROXY) : url.openConnection());
        connection.setRequestMethod(method);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(ANSWER_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        if (connection instanceof HttpsURLConnection secure) {
            tls.apply(secure);
        }
        if (!address.token().isEmpty()) {
            connection.setRequestProperty("Authorization", "Bearer " + address.token());
        }
        connection.setRequestProperty("User-Agent", "plumb");
        return connection;
    }

    private JsonNode body(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        try (InputStream in =
                status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            var bytes = in == null ? new byte[0] : in.readNBytes(MOST_BYTES);
            var type = connection.getContentType();
            if (type == null || !type.contains("json")) {
                throw new Refusal(
                        status == 401 || status == 403 ? Exit.DENIED : Exit.UNREACHABLE,
                        address.url()
                                + " answered with status "
                                + status
                                + " and no JSON: is an agent behind this address?");
            }
            return JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new Refusal(
                    Exit.UNREACHABLE,
                    address.url() + " answered with JSON that cannot be read: connection lost?");
        }
    }

    private Refusal lost(IOException e) {
        if (e instanceof SSLException refused) {
            return new Refusal(Exit.UNREACHABLE, TlsFiles.explain(address.url(), refused));
        }
        if (hungUp(e) && tls.cert() == null) {
            // With TLS 1.3 the server refuses after the client has taken the handshake as done, and
            // its alert may be lost with the connection (RFC 8446, section 4.4.2.4).
            return new Refusal(
                    Exit.UNREACHABLE,
                    address.url()
                            + " hung up ("
                            + e.getMessage()
                            + "): if it wants a client certificate, give one with --cert FILE --key"
                            + " FILE");
        }
        var what =
                e instanceof SocketTimeoutException
                        ? "did not answer in time"
                        : "cannot be reached";
        return new Refusal(
                Exit.UNREACHABLE,
                "the agent at "
                        + address.url()
                        + " "
                        + what
                        + " ("
                        + e.getMessage()
                        + "): is it running? see plumb agent --help");
    }

    private boolean hungUp(IOException e) {
        return address.url().getScheme().equals("https")
                && !(e instanceof SocketTimeoutException)
                && !(e instanceof ConnectException)
                && !(e instanceof UnknownHostException);
    }

    private static Refusal refusal(int status, JsonNode problem) {
        var detail = problem.path("detail").asText("");
        var title = problem.path("title").asText("status " + status);
        return new Refusal(
                Exit.of(status, problem.path("code").asText("")),
                Words.visible(detail.isEmpty() ? title : detail));
    }
}
