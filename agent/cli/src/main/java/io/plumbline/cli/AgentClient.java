package io.plumbline.cli;

import io.plumbline.api.Caller;
import io.plumbline.api.Codec;
import io.plumbline.api.Command;
import io.plumbline.api.Json;
import io.plumbline.api.Problem;
import io.plumbline.api.Reply;
import io.plumbline.api.RepositoryStatus;
import io.plumbline.api.Run;
import io.plumbline.api.Status;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP client for the agent's API. It uses HttpURLConnection, which starts faster than
 * java.net.http. It follows no redirects, so that the token is not sent to another host.
 */
final class AgentClient {
    /** Decodes values for display and makes control characters visible. */
    private static final Codec VISIBLE = new Codec(Words::visible);

    /** Decodes values unchanged. */
    private static final Codec EXACT = new Codec(text -> text);

    static final String PIPELINES = "/api/v1/pipelines";

    /** How an agent begins its answer to a path that it does not have. */
    private static final String NO_SUCH_ADDRESS = "nothing is at this address";

    private static final int CONNECT_MILLIS = 5_000;
    private static final int ANSWER_MILLIS = 180_000;
    private static final int STREAM_MILLIS = 60_000;
    private static final int MOST_RUNS = 1000;
    private static final int MOST_BYTES = 256 << 20;

    static {
        // Otherwise the JDK repeats a POST that was sent but not answered.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    private final AgentAddress address;
    private final ClientTlsFiles tls;

    AgentClient(AgentAddress address, ClientTlsFiles tls) {
        this.address = address;
        this.tls = tls;
    }

    /**
     * An answer of the API.
     *
     * @param status HTTP status
     * @param plain the body as plain values of {@link io.plumbline.api.Json}
     */
    record Answered(int status, @Nullable Object plain) {

        /** Returns the record for display, with control characters made visible. */
        <T extends Record> T as(Class<T> type) {
            return VISIBLE.record(plain, type);
        }

        /** Returns the array of records for display. */
        <T extends Record> List<T> list(Class<T> type) {
            return VISIBLE.records(plain, type);
        }

        /** Returns the record unchanged. */
        <T extends Record> T exact(Class<T> type) {
            return EXACT.record(plain, type);
        }

        /** Returns the items of an array as answers; none if the body is not an array. */
        List<Answered> items() {
            return plain instanceof List<?> items
                    ? items.stream().map(item -> new Answered(status, item)).toList()
                    : List.of();
        }

        /** Returns the plain values of all answers. */
        static List<@Nullable Object> plain(Collection<Answered> all) {
            var plain = new ArrayList<@Nullable Object>();
            all.forEach(one -> plain.add(one.plain()));
            return plain;
        }

        private boolean has(String member) {
            return plain instanceof Map<?, ?> members && members.get(member) != null;
        }

        /** Whether this is the reply to a command, not another problem. */
        boolean isReply() {
            return has("outcome");
        }

        /** Returns the exit code that a reply contains, or else the one for the status. */
        int exit() {
            if (has("exitCode")) {
                return as(Reply.class).exitCode();
            }
            return status < 400 ? Exit.DONE : Exit.of(status, as(Problem.class).code());
        }
    }

    /** Receives the lines of a stream; false ends the stream. */
    interface Lines {
        boolean take(String line);

        /** The agent has accepted the request; lines follow. */
        default void connected() {}
    }

    /**
     * Sends a GET request.
     *
     * @throws CliError for an error answer, or if the agent cannot be reached
     */
    Answered get(String path) {
        var answered = send("GET", path, null);
        if (answered.status() >= 400) {
            throw refusal(answered);
        }
        return answered;
    }

    /**
     * Sends a POST request. A reply to a command is returned even if its status is an error.
     *
     * @throws CliError for any other error answer, or if the agent cannot be reached
     */
    Answered post(String path, Map<String, ? extends @Nullable Object> body) {
        var answered = send("POST", path, body);
        if (answered.status() >= 400 && !answered.isReply()) {
            throw refusal(answered);
        }
        return answered;
    }

    /** Returns the status of a pipeline. */
    Status status(String pipeline) {
        return get(path(pipeline)).as(Status.class);
    }

    /** Returns the status of each pipeline. */
    List<Status> statuses() {
        return get(PIPELINES).list(Status.class);
    }

    /** Returns the repositories; none if the agent is older than the list. */
    List<RepositoryStatus> repositories() {
        try {
            return get("/api/v1/repositories").list(RepositoryStatus.class);
        } catch (OlderAgent e) {
            return List.of();
        }
    }

    /** Returns the newest runs of a pipeline's steps; none if the agent is older than runs. */
    List<Run> runs(String pipeline) {
        try {
            return get(RunsVerb.path(pipeline, MOST_RUNS)).list(Run.class);
        } catch (OlderAgent e) {
            return List.of();
        }
    }

    /** Sends a command. */
    Answered execute(Command command, Caller caller) {
        var body = command.members();
        body.putAll(Codec.members(caller));
        var verb = Command.verb(command.getClass());
        return post(
                switch (command) {
                    case Command.SyncAll _ -> "/api/v1/" + verb;
                    case Command.OfPipeline c -> path(c.pipeline(), verb);
                    case Command.OfEngine c ->
                            "/api/v1/engines/" + escaped(c.engine()) + "/" + verb;
                },
                body);
    }

    /**
     * Decodes one object of a stream.
     *
     * @param what name of the object for the error, such as {@code an event}
     */
    static Answered parsed(String text, String what) {
        try {
            return new Answered(200, Json.read(text));
        } catch (Json.Malformed e) {
            throw new CliError(Exit.UNREACHABLE, "the agent sent " + what + " that cannot be read");
        }
    }

    /**
     * Reads a stream line by line.
     *
     * @param quiet whether the stream may send nothing for more than a minute
     * @return true if the stream ended, false if {@code lines} ended it
     */
    boolean stream(String path, String accept, boolean quiet, Lines lines) {
        try {
            var connection = open("GET", path);
            // Event streams and logs of this client send a heartbeat every 15 s.
            connection.setReadTimeout(quiet ? 0 : STREAM_MILLIS);
            connection.setRequestProperty("Accept", accept);
            if (connection.getResponseCode() >= 400) {
                throw refusal(body(connection));
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

    /** Receives the bytes of an answer. */
    interface Bytes {
        /**
         * Reads the bytes.
         *
         * @param type media type
         * @param tag the header ETag without its quotes; empty if there is none
         * @throws IOException if the connection is lost
         */
        void take(String type, String tag, InputStream bytes) throws IOException;
    }

    /**
     * Reads an answer of any size.
     *
     * @throws CliError for an error answer, or if the connection is lost
     */
    void download(String path, Bytes bytes) {
        try {
            var connection = open("GET", path);
            if (connection.getResponseCode() >= 400) {
                throw refusal(body(connection));
            }
            var type = connection.getContentType();
            var tag = connection.getHeaderField("ETag");
            try (var in = connection.getInputStream()) {
                bytes.take(type == null ? "" : type, tag == null ? "" : tag.replace("\"", ""), in);
            }
        } catch (IOException e) {
            throw lost(e);
        }
    }

    /** Whether the agent has read its repositories and engines since it started. */
    boolean ready() {
        try {
            return send("GET", "/readyz", null).status() < 400;
        } catch (CliError e) {
            return false;
        }
    }

    /** Returns a path of the API with escaped parts: {@code /api/v1/pipelines/NAME/...}. */
    static String path(String pipeline, String... rest) {
        var path = new StringBuilder(PIPELINES).append('/').append(escaped(pipeline));
        for (var part : rest) {
            path.append('/').append(escaped(part));
        }
        return path.toString();
    }

    /** Returns a query of the parameters that are not null. */
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

    private Answered send(
            String method, String path, @Nullable Map<String, ? extends @Nullable Object> body) {
        try {
            var connection = open(method, path);
            connection.setRequestProperty("Accept", "application/json");
            if (body != null) {
                var bytes = Json.bytes(body);
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", "application/json");
                connection.getOutputStream().write(bytes);
            }
            return body(connection);
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

    private Answered body(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        try (InputStream in =
                status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            var bytes = in == null ? new byte[0] : in.readNBytes(MOST_BYTES);
            var type = connection.getContentType();
            if (type == null || !type.contains("json")) {
                throw new CliError(
                        status == 401 || status == 403 ? Exit.DENIED : Exit.UNREACHABLE,
                        address.url()
                                + " answered with status "
                                + status
                                + " and no JSON: is an agent behind this address?");
            }
            return new Answered(status, Json.read(bytes));
        } catch (Json.Malformed e) {
            throw new CliError(
                    Exit.UNREACHABLE,
                    address.url() + " answered with JSON that cannot be read: connection lost?");
        }
    }

    private CliError lost(IOException e) {
        if (e instanceof SSLException refused) {
            return new CliError(Exit.UNREACHABLE, ClientTlsFiles.explain(address.url(), refused));
        }
        if (hungUp(e) && tls.cert() == null) {
            // In TLS 1.3 the server can refuse a client certificate after the client has completed
            // the handshake. Its alert may be lost with the connection (RFC 8446, section 4.4.2.4).
            return new CliError(
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
        return new CliError(
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

    private CliError refusal(Answered answered) {
        var problem = answered.as(Problem.class);
        int status = answered.status();
        if (status == 404 && problem.detail().startsWith(NO_SUCH_ADDRESS)) {
            return new OlderAgent();
        }
        if (status == 401 && !address.token().isEmpty()) {
            return new CliError(Exit.DENIED, wrongToken(problem.detail()));
        }
        var title = problem.title().isEmpty() ? "status " + status : problem.title();
        return new CliError(
                Exit.of(status, problem.code()),
                problem.detail().isEmpty() ? title : problem.detail());
    }

    /** The agent does not have what the command asks for. */
    private static final class OlderAgent extends CliError {
        private static final long serialVersionUID = 1L;

        OlderAgent() {
            super(
                    Exit.USAGE,
                    "the agent does not know this request: it is older than this command, or the"
                            + " address is not that of an agent. Upgrade the agent first");
        }
    }

    /** Names the token instead of the header, which the user of the command does not write. */
    private String wrongToken(String detail) {
        int advice = detail.indexOf(": send the header");
        return "the token "
                + address.tokenFrom()
                + " is not valid at "
                + address.url()
                + (advice < 0 ? "" : ": " + detail.substring(0, advice))
                + ". Use one that `plumb tokens create` made, or the one of the agent's state"
                + " folder";
    }
}
