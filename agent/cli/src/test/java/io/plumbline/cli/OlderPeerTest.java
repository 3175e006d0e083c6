package io.plumbline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.testkit.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * This command with an older agent, and the other way round. {@code exchange-5f1de0e.json} are the
 * requests and answers between command and agent of commit 5f1de0e, recorded on a real engine.
 */
class OlderPeerTest extends WithAgent {
    private final JsonNode exchange = recorded();
    private HttpServer older;

    private static JsonNode recorded() {
        var name = "/io/plumbline/api/exchange-5f1de0e.json";
        try (var in = OlderPeerTest.class.getResourceAsStream(name)) {
            return Shell.JSON.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void olderAgent() throws IOException {
        older = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        older.createContext("/", this::answer);
        older.start();
    }

    @AfterEach
    void end() {
        older.stop(0);
    }

    private void answer(HttpExchange call) throws IOException {
        var status = 404;
        var type = "application/problem+json";
        var body =
                """
                {"type": "about:blank", "title": "Not found", "status": 404, "code": "missing",
                 "detail": "nothing is at this address; the API is at /api/v1/pipelines"}""";
        for (var e : exchange) {
            if (e.path("method").asText().equals(call.getRequestMethod())
                    && path(e).equals(call.getRequestURI().getPath())) {
                status = e.path("status").asInt();
                type = e.path("type").asText();
                body = e.path("answer").toString();
                break;
            }
        }
        var bytes = body.getBytes(UTF_8);
        call.getRequestBody().readAllBytes();
        call.getResponseHeaders().set("Content-Type", type);
        call.sendResponseHeaders(status, bytes.length);
        try (var out = call.getResponseBody()) {
            out.write(bytes);
        }
    }

    private static String path(JsonNode exchange) {
        return exchange.path("path").asText().replaceAll("[?].*", "");
    }

    @ParameterizedTest
    @CsvSource({
        "status, 0, Synced",
        "status hello, 0, Synced",
        "why hello, 0, hello",
        "history hello, 0, Stable",
        "diff hello, 0, no drift",
        "plan hello, 0, nothing to do",
        "engines, 0, 20.10.24",
        "sync hello, 0, follows",
        "rollback hello --dry-run, 6, ''",
        "restart hello/web --dry-run, 1, web",
        "pause hello, 0, paused",
        "resume hello, 0, resumed",
        "cordon local, 0, cordoned",
        "uncordon local, 0, local",
        "tokens list, 0, t1",
        "webhooks, 0, ''"
    })
    void thisCommandReadsAnOlderAgent(String line, int exit, String shown) {
        shell.env.put("PLUMBLINE_SERVER", "http://127.0.0.1:" + older.getAddress().getPort());
        assertThat(shell.plumb(line.split(" "))).as(shell.err()).isEqualTo(exit);
        assertThat(shell.out()).contains(shown);
    }

    @Test
    void whatAnOlderAgentDoesNotKnowIsSaid() {
        shell.env.put("PLUMBLINE_SERVER", "http://127.0.0.1:" + older.getAddress().getPort());
        assertThat(shell.plumb("health", "ack", "hello", "--for", "1h")).isEqualTo(Exit.USAGE);
        assertThat(shell.err()).contains("older than this command");
    }

    @Test
    void thisAgentTakesTheRequestsOfAnOlderCommand() throws Exception {
        control.script(Sample.status("hello", SyncState.SYNCED));
        var requests = 0;
        try (var http = HttpClient.newHttpClient()) {
            for (var e : exchange) {
                // The agent of this test keeps no tokens and has no webhooks.
                if (e.path("method").asText().equals("POST")
                        && !path(e).matches("/api/v1/(tokens|webhooks).*")) {
                    var answer =
                            http.send(
                                    HttpRequest.newBuilder(
                                                    URI.create(
                                                            "http://127.0.0.1:"
                                                                    + server.port()
                                                                    + path(e)))
                                            .header("Authorization", "Bearer " + TOKEN)
                                            .header("Content-Type", "application/json")
                                            .POST(
                                                    BodyPublishers.ofString(
                                                            e.path("body").toString()))
                                            .build(),
                                    BodyHandlers.ofString());
                    assertThat(answer.statusCode())
                            .as("%s: %s", path(e), answer.body())
                            .isNotIn(400, 405, 415, 500)
                            .isNotEqualTo(
                                    answer.body().contains("nothing is at this address") ? 404 : 0);
                    requests++;
                }
            }
        }
        assertThat(requests).isGreaterThan(10);
    }
}
