package io.plumbline.server;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.webhook.Provider;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookDelivery.Result;
import io.plumbline.port.Ticker;
import io.plumbline.server.WebhookSettings.Limits;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeWebhooks;
import io.vertx.core.json.JsonArray;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint through the real server, by real requests. */
@Timeout(120)
class WebhookEndpointTest {
    private static final String TOKEN = "the-token-of-this-test";
    private static final byte[] BODY =
            "{\"ref\": \"refs/heads/main\"}".getBytes(StandardCharsets.UTF_8);

    private final FakeWebhooks webhooks = new FakeWebhooks();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, Webhook> hooks = new TreeMap<>();
    private boolean proxied;
    private AgentServer server;

    @BeforeEach
    void start() {
        for (var provider : Provider.values()) {
            hooks.put(provider.word(), hook(provider, HostSamples.SECRET));
        }
        hooks.put("signing", hook(Provider.GITLAB, HostSamples.SIGNING));
        server = open(Limits.DEFAULT);
    }

    private static Webhook hook(Provider provider, String secret) {
        return Webhook.of(provider, secret, "plumbline", Webhook.GENERIC_HEADER);
    }

    private AgentServer open(Limits limits) {
        return AgentServer.start(
                new FakeControl(),
                new ServerSettings(
                        "127.0.0.1",
                        0,
                        TOKEN,
                        () -> "",
                        a -> proxied && a.isLoopbackAddress(),
                        AccessSettings.NONE,
                        null,
                        List.of(),
                        new WebhookSettings(
                                hooks,
                                hook(Provider.GITHUB, "nobody has this secret, nobody"),
                                webhooks,
                                Ticker.system(),
                                limits)));
    }

    private void restart(Limits limits) {
        server.close();
        server = open(limits);
    }

    @AfterEach
    void stop() {
        server.close();
        http.close();
    }

    private HttpResponse<String> post(String repository, Map<String, String> headers, byte[] body)
            throws Exception {
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + server.port()
                                                + "/webhooks/"
                                                + repository))
                        .POST(BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private static Map<String, String> signed(byte[] body) {
        var headers = new TreeMap<>(HostSamples.proof(Provider.GITHUB, body));
        headers.put("X-GitHub-Event", "push");
        headers.put("X-GitHub-Delivery", "72d3162e");
        return headers;
    }

    // --- what providers send

    @ParameterizedTest
    @EnumSource
    void takesWhatTheProviderDocuments(Provider provider) throws Exception {
        for (var sample : HostSamples.of(provider)) {
            var body = sample.body().getBytes(StandardCharsets.UTF_8);
            var headers = new TreeMap<>(HostSamples.proof(provider, body));
            headers.putAll(sample.headers());
            int before = webhooks.accepted.size();
            var answer = post(provider.word(), headers, body);
            assertThat(answer.statusCode()).as(sample.kind()).isEqualTo(202);
            assertThat(new JsonObject(answer.body()).getString("delivery"))
                    .isEqualTo("d" + (before + 1));
            var hostId = provider == Provider.AZURE_DEVOPS ? "" : "id-" + sample.kind();
            assertThat(webhooks.accepted.getLast())
                    .isEqualTo(
                            "%s%s %s %s %s from 127.0.0.1"
                                    .formatted(
                                            sample.kind().equals("ping") ? "PING " : "",
                                            provider.word(),
                                            provider.word(),
                                            sample.event(),
                                            hostId));
        }
        assertThat(webhooks.accepted).hasSize(HostSamples.of(provider).size());
        assertThat(webhooks.refused).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void refusesTheSameFromWhoHasNotTheSecret(Provider provider) throws Exception {
        var sample = HostSamples.of(provider).getFirst();
        var body = sample.body().getBytes(StandardCharsets.UTF_8);
        var headers = new TreeMap<>(sample.headers());
        assertThat(post(provider.word(), headers, body).statusCode()).isEqualTo(404);
        HostSamples.proof(provider, body)
                .forEach(
                        (name, value) ->
                                headers.put(
                                        name,
                                        value.replace(value.charAt(value.length() - 1), 'x')));
        assertThat(post(provider.word(), headers, body).statusCode()).isEqualTo(404);
        assertThat(webhooks.accepted).isEmpty();
        assertThat(webhooks.refused).hasSize(2);
        assertThat(webhooks.refused.getFirst()).endsWith("NO_CREDENTIALS");
    }

    @Test
    void takesGitLabsSigningToken() throws Exception {
        var now = Instant.now().getEpochSecond();
        assertThat(post("signing", signedBy(now), BODY).statusCode()).isEqualTo(202);
        assertThat(webhooks.accepted.getFirst())
                .isEqualTo("signing gitlab Push Hook msg_1 from 127.0.0.1");
        assertThat(post("signing", signedBy(now - 3600), BODY).statusCode()).isEqualTo(404);
        assertThat(webhooks.refused.getFirst()).endsWith("STALE");
    }

    private static Map<String, String> signedBy(long time) {
        var text = "msg_1." + time + "." + new String(BODY, StandardCharsets.UTF_8);
        var key = HostSamples.SECRET.getBytes(StandardCharsets.UTF_8);
        var signature = HostSamples.hmac(key, text.getBytes(StandardCharsets.UTF_8));
        return Map.of(
                "webhook-id",
                "msg_1",
                "webhook-timestamp",
                Long.toString(time),
                "webhook-signature",
                "v1," + java.util.Base64.getEncoder().encodeToString(signature),
                "X-Gitlab-Event",
                "Push Hook");
    }

    // --- what strangers send

    @Test
    void aRepositoryThatIsNotThereLooksLikeAWrongSecret() throws Exception {
        var answers = new ArrayList<HttpResponse<String>>();
        for (var body : List.of(new byte[0], BODY, new byte[100_000])) {
            for (var headers : List.of(Map.<String, String>of(), wrong(body), sha1())) {
                for (var repository :
                        List.of("github", "gitlab", "azure-devops", "nope", "a%20b")) {
                    if (body.length < BodyQueue.SMALL || !headers.isEmpty()) {
                        answers.add(post(repository, headers, body));
                    }
                }
            }
        }
        var first = answers.getFirst();
        assertThat(first.statusCode()).isEqualTo(404);
        for (var answer : answers) {
            assertThat(answer.statusCode()).isEqualTo(first.statusCode());
            assertThat(answer.body()).isEqualTo(first.body());
            assertThat(answer.headers()).isEqualTo(first.headers());
        }
        assertThat(webhooks.accepted).isEmpty();
        assertThat(webhooks.refused).hasSize(answers.size());
        assertThat(webhooks.refused).contains("a b    from 127.0.0.1 UNKNOWN_REPOSITORY");
    }

    private static Map<String, String> wrong(byte[] body) {
        return Map.of("X-Hub-Signature-256", "sha256=" + HostSamples.hex("another secret", body));
    }

    private static Map<String, String> sha1() {
        return Map.of("X-Hub-Signature", "sha1=" + "0".repeat(40));
    }

    @Test
    void theDecoysSecretOpensNothing() throws Exception {
        var signature = "sha256=" + HostSamples.hex("nobody has this secret, nobody", BODY);
        assertThat(post("nope", Map.of("X-Hub-Signature-256", signature), BODY).statusCode())
                .isEqualTo(404);
        assertThat(webhooks.accepted).isEmpty();
    }

    @Test
    void theBytesOnTheWireAreWhatIsSigned() throws Exception {
        var pretty = "{ \"ref\": \"refs/heads/main\" }".getBytes(StandardCharsets.UTF_8);
        assertThat(post("github", signed(BODY), pretty).statusCode()).isEqualTo(404);
        var form = "payload=%7B%22zen%22%3A1%7D".getBytes(StandardCharsets.UTF_8);
        var headers = signed(form);
        headers.put("Content-Type", "application/x-www-form-urlencoded");
        assertThat(post("github", headers, form).statusCode()).isEqualTo(202);
        var binary = new byte[4096];
        new java.util.Random(7).nextBytes(binary);
        assertThat(post("github", signed(binary), binary).statusCode()).isEqualTo(202);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[[[[", "", "\u0000", "null", "{\"ref\": {\"$ne\": 1}}"})
    void aBodyThatIsNoJsonIsNoMatter(String text) throws Exception {
        var body = text.getBytes(StandardCharsets.UTF_8);
        assertThat(post("github", signed(body), body).statusCode()).isEqualTo(202);
        assertThat(post("github", Map.of(), body).statusCode()).isEqualTo(404);
    }

    @Test
    void whatHeadersSayIsMadePlain() throws Exception {
        var answer = raw(signedWith("X-GitHub-Event: push\tWARN \u00e4\u009b", "z".repeat(5000)));
        assertThat(answer).startsWith("HTTP/1.1 202 ");
        assertThat(webhooks.accepted.getFirst())
                .isEqualTo("github github push?WARN ?? " + "z".repeat(100) + " from 127.0.0.1");
        assertThat(raw(signedWith("X-GitHub-Event: push\u001b[2J", "z")))
                .as("control characters are no header at all")
                .startsWith("HTTP/1.1 400 ");
        raw(
                "POST /webhooks/x%0d%0aSet-Cookie:%20a%1b[31m HTTP/1.1\r\nHost: h\r\nConnection:"
                        + " close\r\nContent-Length: 0\r\n\r\n");
        assertThat(webhooks.refused.getLast())
                .isEqualTo("x??Set-Cookie: a?[31m    from 127.0.0.1 UNKNOWN_REPOSITORY");
    }

    private static String signedWith(String header, String id) {
        return "POST /webhooks/github HTTP/1.1\r\nHost: hooks.example.com\r\nConnection: close\r\n"
                + "Content-Length: "
                + BODY.length
                + "\r\nX-Hub-Signature-256: sha256="
                + HostSamples.hex(HostSamples.SECRET, BODY)
                + "\r\n"
                + header
                + "\r\nX-GitHub-Delivery: "
                + id
                + "\r\n\r\n"
                + new String(BODY, StandardCharsets.UTF_8);
    }

    @Test
    void aHeaderThatIsThereTwiceProvesNothing() throws Exception {
        var good = "X-Hub-Signature-256: sha256=" + HostSamples.hex(HostSamples.SECRET, BODY);
        var answer =
                raw(
                        "POST /webhooks/github HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                                + "Content-Length: "
                                + BODY.length
                                + "\r\n"
                                + good
                                + "\r\n"
                                + good
                                + "\r\n\r\n"
                                + new String(BODY, StandardCharsets.UTF_8));
        assertThat(answer).startsWith("HTTP/1.1 404 ");
    }

    // --- how much, how fast

    @Test
    void aBodyOfOneMebibyteIsTakenAndNotOneByteMore() throws Exception {
        var largest = new byte[1 << 20];
        assertThat(post("github", signed(largest), largest).statusCode()).isEqualTo(202);
        var head =
                "POST /webhooks/github HTTP/1.1\r\nHost: h\r\nX-Hub-Signature-256: sha256="
                        + HostSamples.hex(HostSamples.SECRET, new byte[(1 << 20) + 1])
                        + "\r\n";
        assertThat(raw(head + "Content-Length: 1048577\r\n\r\n"))
                .as("said beforehand: not a byte of it is waited for")
                .startsWith("HTTP/1.1 413 ");
        var chunked =
                head
                        + "Transfer-Encoding: chunked\r\n\r\n100000\r\n"
                        + "\u0000".repeat(1 << 20)
                        + "\r\n";
        assertThat(raw(chunked + "1\r\n\u0000\r\n"))
                .as("not said: cut off while it is read")
                .startsWith("HTTP/1.1 413 ");
        assertThat(webhooks.accepted).hasSize(1);
        assertThat(webhooks.refused).hasSize(2).allMatch(r -> r.endsWith("TOO_LARGE"));
    }

    @Test
    void aLargeBodyWithoutAnySignatureIsNotRead() throws Exception {
        assertThat(
                        raw(
                                "POST /webhooks/github HTTP/1.1\r\nHost: h\r\nContent-Length:"
                                        + " 1000000\r\n\r\n"))
                .startsWith("HTTP/1.1 404 ");
    }

    @Test
    void aBodyThatDoesNotComeIsCutOff() throws Exception {
        restart(new Limits(300, 300, Duration.ofSeconds(10), Duration.ofMillis(50)));
        for (var length : List.of("20", "1000000")) {
            assertThat(
                            raw(
                                    "POST /webhooks/github HTTP/1.1\r\nHost:"
                                            + " h\r\nX-Hub-Signature-256: sha256=00\r\n"
                                            + "Content-Length: "
                                            + length
                                            + "\r\n\r\nabc"))
                    .startsWith("HTTP/1.1 408 ");
        }
        assertThat(webhooks.refused).hasSize(2).allMatch(r -> r.endsWith("TOO_SLOW"));
        // One that comes in time is taken; on a machine that is busy it may need a second try.
        await().until(() -> post("github", signed(BODY), BODY).statusCode() == 202);
    }

    @Test
    void anAddressThatPostsTooOftenIsSentAwayAndOthersAreNot() throws Exception {
        proxied = true;
        restart(new Limits(3, 300, Duration.ofHours(1), Duration.ofSeconds(10)));
        var flood = new TreeMap<>(signed(BODY));
        flood.put("X-Forwarded-For", "198.51.100.7, 203.0.113.1");
        for (int i = 0; i < 3; i++) {
            assertThat(post("github", flood, BODY).statusCode()).isEqualTo(202);
        }
        var answer = post("github", flood, BODY);
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        assertThat(webhooks.refused.getLast()).endsWith("from 203.0.113.1 TOO_MANY");
        var other = new TreeMap<>(signed(BODY));
        other.put("X-Forwarded-For", "203.0.113.1, 203.0.113.2");
        assertThat(post("github", other, BODY).statusCode()).isEqualTo(202);
    }

    @Test
    void ofTooManyDeliveriesOfARepositoryTheHintIsKept() throws Exception {
        restart(new Limits(300, 2, Duration.ofHours(1), Duration.ofSeconds(10)));
        for (int i = 0; i < 20; i++) {
            post("github", Map.of(), BODY);
        }
        for (int i = 0; i < 2; i++) {
            assertThat(post("github", signed(BODY), BODY).statusCode())
                    .as("strangers use up nothing of it")
                    .isEqualTo(202);
        }
        assertThat(post("github", signed(BODY), BODY).statusCode()).isEqualTo(429);
        assertThat(webhooks.accepted).hasSize(2);
        assertThat(webhooks.hints).containsExactly("github");
        var gitea = HostSamples.proof(Provider.GITEA, BODY);
        assertThat(post("gitea", gitea, BODY).statusCode()).isEqualTo(202);
    }

    @Test
    void anErrorBehindTheEndpointShowsNothingAndItStaysOpen() throws Exception {
        webhooks.failure = new IllegalStateException("hunter2");
        var answer = post("github", signed(BODY), BODY);
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).doesNotContain("hunter2");
        webhooks.failure = null;
        assertThat(post("github", signed(BODY), BODY).statusCode()).isEqualTo(202);
    }

    @Test
    void theTunnelKnowsNoHostButOnlyItself() throws Exception {
        var get =
                "GET /webhooks/github HTTP/1.1\r\nHost: hooks.example.com\r\nConnection: close\r\n\r\n";
        assertThat(raw(get)).startsWith("HTTP/1.1 405 ");
        for (var path : List.of("/api/v1/webhooks", "/webhooks/../api/v1/webhooks")) {
            assertThat(raw(get.replace("/webhooks/github", path)))
                    .as("the API still wants its own name")
                    .startsWith("HTTP/1.1 421 ");
        }
    }

    // --- asking about deliveries

    private HttpResponse<String> api(String method, String path, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void deliveriesAreListedAndReplayed() throws Exception {
        var at = Instant.parse("2026-01-02T03:04:05Z");
        var delivery =
                new WebhookDelivery(
                        7,
                        "ml",
                        "github",
                        "push",
                        "id",
                        "203.0.113.7",
                        at,
                        at,
                        1,
                        Result.FOUND,
                        "c0ffee",
                        "");
        webhooks.deliveries =
                List.of(
                        delivery,
                        new WebhookDelivery(
                                6,
                                "web",
                                "",
                                "",
                                "",
                                "203.0.113.8",
                                at,
                                at,
                                3,
                                Result.REFUSED,
                                "",
                                "why"));
        var all = new JsonArray(api("GET", "/api/v1/webhooks", "").body());
        assertThat(all).hasSize(2);
        assertThat(all.getJsonObject(1).getBoolean("accepted")).isFalse();
        var ml = new JsonArray(api("GET", "/api/v1/webhooks?repository=ml&limit=5", "").body());
        assertThat(ml).hasSize(1);
        assertThat(ml.getJsonObject(0))
                .isEqualTo(
                        new JsonObject()
                                .put("id", "d7")
                                .put("repository", "ml")
                                .put("at", "2026-01-02T03:04:05Z")
                                .put("lastAt", "2026-01-02T03:04:05Z")
                                .put("times", 1)
                                .put("from", "203.0.113.7")
                                .put("provider", "github")
                                .put("event", "push")
                                .put("hostId", "id")
                                .put("accepted", true)
                                .put("result", "found")
                                .put("commit", "c0ffee")
                                .put("reason", ""));
        var replay = api("POST", "/api/v1/webhooks/d7/replay", "{}");
        assertThat(replay.statusCode()).isEqualTo(202);
        assertThat(new JsonObject(replay.body()).getString("delivery")).isEqualTo("d99");
        assertThat(api("POST", "/api/v1/webhooks/d1/replay", "{}").statusCode()).isEqualTo(404);
        assertThat(api("POST", "/api/v1/webhooks/x/replay", "{}").statusCode()).isEqualTo(404);
        assertThat(api("GET", "/api/v1/webhooks?limit=0", "").statusCode()).isEqualTo(400);
    }

    private String raw(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
