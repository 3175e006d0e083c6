package io.plumbline.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.webhook.Provider;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.port.Ticker;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.server.WebhookSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeWebhooks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The listener, asked over a real connection: the input is a path with its query, headers and a
 * body. Whatever is asked, the answer is one of 2xx to 4xx, and the next plain question is
 * answered.
 */
final class HttpTarget implements FuzzTarget {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";

    /** HMAC-SHA-256 of nothing with the token as its key. */
    private static final String EMPTY =
            "796cd3078af14636753d26b3b5555422ff55a3e261cf847b48e95371b9bd0aa2";

    private static final int PATIENCE_MS = 20_000;

    private @Nullable AgentServer server;

    @Override
    public String name() {
        return "http";
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed("GET /api/v1/pipelines/shop/events?after=3&limit=10&follow=false\n\n"),
                seed("GET /api/v1/pipelines/shop/logs?service=web&tail=3&release=v1:00\n\n"),
                seed("GET /api/v1/pipelines/shop/history?limit=5\nAccept: application/json\n\n"),
                seed("GET /api/v1/pipelines/shop/why?service=web%2f\n\n"),
                seed("POST /api/v1/pipelines/shop/sync\n\n{\"resolve\":true,\"by\":\"a\"}"),
                seed("POST /api/v1/pipelines/shop/rollback\n\n{\"to\":\"v1:0\",\"left\":\"v1:1\"}"),
                seed("POST /api/v1/pipelines/shop/plan\n\n{\"files\":{\"a/b\":\"aGk=\"}}"),
                seed("POST /api/v1/pipelines/shop/retry?x=%zz\n\n{\"release\":[]}"),
                seed("PUT /metrics\nX-Forwarded-For: 1\n\n"),
                seed("POST /webhooks/ml\nX-Hub-Signature-256: sha256=00\n\n{}"),
                seed("POST /webhooks/github\nX-Hub-Signature-256: sha256=" + EMPTY + "\n\n"),
                seed("POST /webhooks/github\nX-Hub-Signature: sha1=00\nX-GitHub-Event: p\n\n{}"),
                seed("POST /webhooks/gogs\nX-Gogs-Signature: " + EMPTY + "\n\n"),
                seed("POST /webhooks/gitlab\nX-Gitlab-Token: " + TOKEN + "\n\n{}"),
                seed("POST /webhooks/gitlab\nwebhook-id: a\nwebhook-signature: v1,AA==\n\n{"),
                seed("GET /api/v1/webhooks?repository=ml&limit=3\n\n"),
                seed("POST /api/v1/webhooks/d1/replay\n\n{\"dryRun\":true}"));
    }

    private static byte[] seed(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void take(byte[] input) throws IOException {
        var port = port();
        var status = ask(port, request(input));
        assertThat(status).isBetween(200, 499);
        assertThat(ask(port, request(seed("GET /healthz\n\n")))).isEqualTo(200);
    }

    /** An endpoint for each provider, without rate limits. */
    private static WebhookSettings webhooks() {
        var hooks = new TreeMap<String, Webhook>();
        Provider.byWord().forEach((word, provider) -> hooks.put(word, hook(provider)));
        return new WebhookSettings(
                hooks,
                hook(Provider.GITHUB),
                new FakeWebhooks(),
                Ticker.system(),
                new WebhookSettings.Limits(
                        Integer.MAX_VALUE,
                        Integer.MAX_VALUE,
                        Duration.ofHours(1),
                        Duration.ofSeconds(10)));
    }

    private static Webhook hook(Provider provider) {
        return Webhook.of(provider, TOKEN, "plumbline", Webhook.GENERIC_HEADER);
    }

    private int port() {
        if (server == null) {
            server =
                    AgentServer.start(
                            new FakeControl(),
                            new ServerSettings("127.0.0.1", 0, TOKEN, () -> "up 1\n", webhooks()));
        }
        return server.port();
    }

    /** First line and headers up to an empty line, then the body: framed so that it is complete. */
    private static byte[] request(byte[] input) {
        var text = new String(input, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\n\n");
        var head = end < 0 ? text : text.substring(0, end);
        var body = end < 0 ? "" : text.substring(end + 2);
        var lines = head.replace("\r", "").split("\n", -1);
        var out = new StringBuilder();
        out.append(lines[0]).append(" HTTP/1.1\r\n");
        out.append("Host: localhost\r\nConnection: close\r\n");
        out.append("Authorization: Bearer ").append(TOKEN).append("\r\n");
        for (int i = 1; i < lines.length; i++) {
            var name = lines[i].split(":", 2)[0].strip().toLowerCase(java.util.Locale.ROOT);
            if (!name.equals("content-length")
                    && !name.equals("transfer-encoding")
                    && !name.equals("expect")) {
                out.append(lines[i]).append("\r\n");
            }
        }
        out.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The status of the answer. A stream that goes on is an answer too. */
    private static int ask(int port, byte[] request) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.setSoTimeout(PATIENCE_MS);
            socket.getOutputStream().write(request);
            socket.getOutputStream().flush();
            var line = new ByteArrayOutputStream();
            try {
                for (int b = socket.getInputStream().read();
                        b >= 0 && b != '\n' && line.size() < 100;
                        b = socket.getInputStream().read()) {
                    line.write(b);
                }
            } catch (SocketTimeoutException e) {
                throw new AssertionError("no answer within " + PATIENCE_MS + " ms", e);
            }
            var status = line.toString(StandardCharsets.ISO_8859_1).split(" ", 3);
            assertThat(status).as("answer %s", line).hasSizeGreaterThan(1);
            return Integer.parseInt(status[1]);
        }
    }
}
