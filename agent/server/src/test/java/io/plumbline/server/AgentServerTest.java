package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.adapter.sqlite.SqliteLedger;
import io.plumbline.core.FailureKind;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.Sample;
import io.plumbline.testkit.SmallDisk;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentServerTest {
    private static final String TOKEN = "the-token-of-this-test";

    private final FakeControl control = new FakeControl();
    private final HttpClient http = HttpClient.newHttpClient();
    private AgentServer server;

    @BeforeEach
    void start() {
        control.script(Sample.status("recsys", SyncState.SYNCED));
        server =
                AgentServer.start(
                        control, new ServerSettings("127.0.0.1", 0, TOKEN, () -> "up 1\n"));
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .header("Authorization", "Bearer " + TOKEN);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(request(path));
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return send(
                request(path)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body)));
    }

    private static void isProblem(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValue("application/problem+json");
        var problem = new JsonObject(answer.body());
        assertThat(problem.fieldNames()).contains("type", "title", "status", "detail", "code");
        assertThat(problem.getInteger("status")).isEqualTo(status);
        assertThat(problem.getString("code")).isEqualTo(code);
        assertThat(problem.getString("detail")).isNotBlank();
    }

    // --- who may ask

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/pipelines",
                "/api/v1/pipelines/recsys",
                "/api/v1/events",
                "/api/v1/engines",
                "//api/v1/pipelines",
                "/%61pi/v1/pipelines",
                "/x/../api/v1/pipelines",
                "/api/nothing"
            })
    void refusesTheApiWithoutToken(String path) throws Exception {
        var answer =
                raw("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 401 ").contains("WWW-Authenticate: Bearer");
        assertThat(control.calls).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer wrong", "Bearer ", "Basic dXNlcjpwdw==", "Bearer the-token"})
    void refusesAnotherToken(String header) throws Exception {
        var answer =
                send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:"
                                                        + server.port()
                                                        + "/api/v1/pipelines"))
                                .header("Authorization", header));
        isProblem(answer, 401, "denied");
        assertThat(answer.body()).doesNotContain(TOKEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example.com",
                "evil.example.com:7420",
                "localhost.example.com",
                "169.254.169.254"
            })
    void refusesAHostThatIsNotThisServer(String host) throws Exception {
        var answer =
                raw(
                        "GET /api/v1/pipelines HTTP/1.1\r\nHost: "
                                + host
                                + "\r\nAuthorization: Bearer "
                                + TOKEN
                                + "\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 421 ");
        assertThat(control.calls).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:80", "127.0.0.1:7420", "[::1]:7420"})
    void takesTheNamesOfLoopback(String host) throws Exception {
        var answer =
                raw("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void healthReadinessAndMetricsAreOpenOnLoopback() throws Exception {
        for (var path : List.of("/healthz", "/readyz", "/metrics")) {
            var answer =
                    raw(
                            "GET "
                                    + path
                                    + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(answer).as(path).startsWith("HTTP/1.1 200 ");
        }
        assertThat(get("/metrics").body()).isEqualTo("up 1\n");
    }

    @Test
    void metricsNeedTheTokenBeyondLoopback() throws Exception {
        var open =
                AgentServer.start(control, new ServerSettings("0.0.0.0", 0, TOKEN, () -> "up 1\n"));
        try {
            var uri = URI.create("http://127.0.0.1:" + open.port() + "/metrics");
            isProblem(send(HttpRequest.newBuilder(uri)), 401, "denied");
            var answer =
                    send(HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + TOKEN));
            assertThat(answer.statusCode()).isEqualTo(200);
        } finally {
            open.close();
        }
    }

    @Test
    void saysWhyItIsNotReady() throws Exception {
        control.notReady.add("the engine local was not observed yet");
        var answer = get("/readyz");
        isProblem(answer, 503, "transient");
        assertThat(new JsonObject(answer.body()).getJsonArray("reasons"))
                .containsExactly("the engine local was not observed yet");
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }

    /** Whoever may connect may read this, so the docs say what it tells. */
    @Test
    void namesTheDiskThatIsFull(@TempDir Path folder) throws Exception {
        assumeTrue(SmallDisk.possible(), "only root can mount a file system");
        try (var disk = SmallDisk.mount(folder.resolve("state"), "4m");
                var ledger = SqliteLedger.open(disk.folder())) {
            disk.fill();
            for (int i = 0; ledger.unwritable().isEmpty(); i++) {
                assertThat(i).as("probes that a full disk took").isLessThan(1000);
                ledger.probe();
            }
            control.notReady.add(ledger.unwritable().orElseThrow());
            var answer = get("/readyz");
            isProblem(answer, 503, "transient");
            assertThat(new JsonObject(answer.body()).getString("detail"))
                    .contains("cannot write its record in " + disk.folder(), "bytes are free")
                    .contains("Make room on that disk");
        }
    }

    @Test
    void sendsSecurityHeadersAndNoCors() throws Exception {
        var headers =
                send(request("/api/v1/pipelines").header("Origin", "http://localhost")).headers();
        assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(headers.firstValue("Cache-Control")).hasValue("no-store");
        assertThat(headers.firstValue("Content-Security-Policy").orElse("")).contains("'none'");
        assertThat(headers.map().keySet()).noneMatch(h -> h.startsWith("access-control"));
    }

    // --- problems

    @ParameterizedTest
    @EnumSource
    void everyKindOfFailureHasItsStatus(FailureKind kind) throws Exception {
        control.failure = new PlumblineException(kind, "tried this, got that");
        var status =
                switch (kind) {
                    case INVALID -> 422;
                    case TRANSIENT, REFUSED -> 503;
                    case UNREACHABLE -> 502;
                    case UNRESPONSIVE -> 504;
                    case CONFLICT -> 409;
                    case DENIED -> 403;
                    case MISSING -> 404;
                    case FAULT -> 500;
                };
        var answer = get("/api/v1/pipelines");
        isProblem(answer, status, kind.name().toLowerCase(java.util.Locale.ROOT));
        assertThat(answer.body()).contains("tried this, got that");
    }

    @Test
    void anUnexpectedErrorShowsNothingOfItself() throws Exception {
        control.failure = new IllegalStateException("token hunter2 in /var/lib/secret");
        var answer = get("/api/v1/pipelines");
        isProblem(answer, 500, "fault");
        assertThat(answer.body()).doesNotContain("hunter2").doesNotContain("/var");
    }

    @Test
    void aWrongMethodIsToldTheRightOnes() throws Exception {
        var answer = send(request("/api/v1/pipelines").DELETE());
        isProblem(answer, 405, "invalid");
        assertThat(answer.headers().firstValue("Allow")).hasValue("GET");
        var rollback = get("/api/v1/pipelines/recsys/rollback");
        isProblem(rollback, 405, "invalid");
        assertThat(rollback.headers().firstValue("Allow")).hasValue("POST");
        assertThat(
                        send(request("/api/v1/pipelines/recsys/plan").DELETE())
                                .headers()
                                .firstValue("Allow"))
                .hasValue("GET, POST");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/api",
                "/api/v2/pipelines",
                "/api/v1/pipelines/none",
                "/api/v1/pipelines/Recsys",
                "/api/v1/pipelines/a%2Fb",
                "/api/v1/pipelines/a%0Ab",
                "/webhooks/ml",
                "/favicon.ico"
            })
    void whatIsNotThereIsAProblem(String path) throws Exception {
        isProblem(get(path), 404, "missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "\"x\"",
                "null",
                "{\"resolve\": \"yes\"}",
                "{\"resolve\": 1}",
                "{\"reason\": 5}",
                "{\"nonsense\": true}",
                "{\"to\": \"x\"}",
                "{} {}"
            })
    void aBodyThatIsNotRightIsRefused(String body) throws Exception {
        isProblem(post("/api/v1/pipelines/recsys/sync", body), 400, "invalid");
        assertThat(control.calls).isEmpty();
    }

    @Test
    void aBodyOfAnotherTypeIsRefused() throws Exception {
        var answer =
                send(
                        request("/api/v1/pipelines/recsys/sync")
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString("{}")));
        isProblem(answer, 415, "invalid");
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() throws Exception {
        var large = "{\"reason\": \"" + "x".repeat(2 << 20) + "\"}";
        int status;
        try {
            status = post("/api/v1/pipelines/recsys/sync", large).statusCode();
        } catch (IOException e) {
            // The server closed while the rest was still being sent: refused as well.
            status = 413;
        }
        assertThat(status).isEqualTo(413);
        assertThat(control.calls).isEmpty();
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void filesOfAPlanMayBeLarger() throws Exception {
        var base64 = java.util.Base64.getEncoder().encodeToString(new byte[3 << 20]);
        var answer =
                post(
                        "/api/v1/pipelines/recsys/plan",
                        "{\"files\": {\"a/b.yaml\": \"" + base64 + "\"}}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(control.files.get("a/b.yaml")).hasSize(3 << 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "/x", "a//b", "a/./b", "", "a\\\\b", "a\\u0000b"})
    void filesOfAPlanStayInTheirFolder(String path) throws Exception {
        isProblem(
                post("/api/v1/pipelines/recsys/plan", "{\"files\": {\"" + path + "\": \"\"}}"),
                400,
                "invalid");
    }

    @ParameterizedTest
    @CsvSource({
        "history?limit=0",
        "history?limit=x",
        "history?limit=1001",
        "logs",
        "logs?service=A",
        "logs?service=a&tail=-1",
        "logs?service=a&follow=maybe",
        "logs?service=a&since=yesterday",
        "logs?service=a&previous=true&failed=true",
        "logs?service=a&release=%0a"
    })
    void aQueryThatIsNotRightIsRefused(String path) throws Exception {
        assertThat(get("/api/v1/pipelines/recsys/" + path).statusCode()).isBetween(400, 404);
        assertThat(control.calls).isEmpty();
    }

    // --- requests

    @Test
    void passesOnWhatIsAsked() throws Exception {
        post("/api/v1/sync", "");
        post(
                "/api/v1/pipelines/recsys/sync",
                "{\"resolve\": true, \"prune\": true, \"by\": \"ada\"}");
        post(
                "/api/v1/pipelines/recsys/rollback",
                "{\"to\": \"v1:aa\", \"left\": \"v1:bb\", \"hold\": true, \"force\": true, \"dryRun\":"
                        + " true, \"reason\": \"bad\\nmodel\"}");
        post("/api/v1/pipelines/recsys/rollback", "{\"to\": null}");
        post("/api/v1/pipelines/recsys/pause", "{}");
        post("/api/v1/pipelines/recsys/resume", "{}");
        post("/api/v1/pipelines/recsys/retry", "{\"release\": \"v1:cc\"}");
        post("/api/v1/pipelines/recsys/restart", "{\"service\": \"serve\"}");
        assertThat(control.calls)
                .containsExactly(
                        "syncAll by=api reason= dryRun=false",
                        "sync recsys resolve=true prune=true by=ada reason= dryRun=false",
                        "rollback recsys to=v1:aa left=v1:bb hold=true force=true by=api reason=bad"
                                + " model dryRun=true",
                        "rollback recsys to=null left=null hold=false force=false by=api reason="
                                + " dryRun=false",
                        "pause recsys by=api reason= dryRun=false",
                        "resume recsys by=api reason= dryRun=false",
                        "retry recsys release=v1:cc by=api reason= dryRun=false",
                        "restart recsys/serve by=api reason= dryRun=false");
    }

    @ParameterizedTest
    @CsvSource({
        "ACCEPTED, 202, accepted, 0",
        "INCOMPLETE, 202, incomplete, 1",
        "ALREADY, 200, already, 0",
        "WOULD_CHANGE, 200, wouldChange, 1",
        "WOULD_NOT_CHANGE, 200, wouldNotChange, 0",
        "NOTHING_HAPPENS, 409, nothingHappens, 1",
        "NO_TARGET, 409, noTarget, 6"
    })
    void aReplyHasItsStatusItsWordAndItsExitCode(Outcome outcome, int status, String word, int exit)
            throws Exception {
        control.reply =
                new Reply(
                        outcome,
                        "a sentence",
                        "d-7",
                        Sample.RELEASE,
                        Sample.plan("recsys"),
                        List.of("volume cache is written by both"));
        var answer = post("/api/v1/pipelines/recsys/rollback", "{}");
        var body = new JsonObject(answer.body());
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(body.fieldNames())
                .contains(
                        "outcome", "message", "deployment", "release", "plan", "notes", "exitCode");
        assertThat(body.getString("outcome")).isEqualTo(word);
        assertThat(body.getInteger("exitCode")).isEqualTo(exit);
        assertThat(body.getString("message")).isEqualTo("a sentence");
        if (status == 409) {
            isProblem(answer, 409, "conflict");
        }
    }

    @Test
    void saysWhereItCannotListen() {
        var settings = new ServerSettings("127.0.0.1", server.port(), TOKEN, () -> "");
        assertThatThrownBy(() -> AgentServer.start(control, settings))
                .isInstanceOf(PlumblineException.class)
                .hasMessageContaining("cannot listen on 127.0.0.1:" + server.port());
    }

    @Test
    void ignoresHeadersThatAreTooLong() throws Exception {
        var answer =
                raw(
                        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
                                + "x".repeat(100_000)
                                + "\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 431 ");
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
    }

    /** RFC 9112, section 3.2. */
    @Test
    void refusesTwoHostHeaders() throws Exception {
        for (var path : List.of("/healthz", "/api/v1/pipelines", "/webhooks/ml", "/nowhere")) {
            var answer =
                    raw(
                            "GET "
                                    + path
                                    + " HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n"
                                    + "Connection: close\r\n\r\n");
            assertThat(answer).as(path).startsWith("HTTP/1.1 400 ");
        }
    }

    /** RFC 9112, section 5.2: a fold is replaced by a space before the value is used. */
    @Test
    void readsAFoldedHeaderAsOneLine() throws Exception {
        for (var fold : List.of("\r\n ", "\r\n\t", " \r\n  \t ")) {
            var answer =
                    raw(
                            "GET /api/v1/pipelines HTTP/1.1\r\nHost: localhost\r\n"
                                    + "Authorization: Bearer"
                                    + fold
                                    + TOKEN
                                    + "\r\nConnection: close\r\n\r\n");
            assertThat(answer).startsWith("HTTP/1.1 200 ");
        }
    }

    private String raw(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
