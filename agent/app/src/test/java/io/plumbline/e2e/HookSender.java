package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A Git host that sends webhooks as GitHub does, from any loopback address. */
final class HookSender {
    static final String SECRET = "a secret of the end-to-end tests";

    private final InetSocketAddress agent;
    private final String repository;
    private final String from;

    HookSender(AgentProcess agent, String repository, String from) {
        this(URI.create(agent.url()), repository, from);
    }

    /** One that sends to the agent at that URL. */
    HookSender(URI url, String repository, String from) {
        this.agent = new InetSocketAddress(url.getHost(), url.getPort());
        this.repository = repository;
        this.from = from;
    }

    /** The configuration's lines for a repository that takes them. */
    static String config(String poll) {
        return "poll: " + poll + "\nwebhook: {provider: github, secret: {env: HOOK_SECRET}}";
    }

    /**
     * An answer.
     *
     * @param status 0 where the connection was lost before there was one
     */
    record Answer(int status, String text) {
        String delivery() {
            return TestEngine.json(text.substring(text.indexOf('{'))).path("delivery").asText();
        }
    }

    /** A push with that delivery id, signed. */
    Answer push(String id) {
        var body = "{\"ref\": \"refs/heads/main\"}".getBytes(StandardCharsets.UTF_8);
        return send("push", id, "sha256=" + hmac(body), body);
    }

    Answer send(String event, String id, String signature, byte[] body) {
        try (var socket = connect()) {
            socket.setSoTimeout(60_000);
            var out = socket.getOutputStream();
            out.write(head(event, id, signature, body.length));
            out.write(body);
            return read(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Socket connect() throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
            socket.connect(agent, 30_000);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    byte[] head(String event, String id, String signature, int length) {
        return ("POST /webhooks/"
                        + repository
                        + " HTTP/1.1\r\nHost: hooks.example.com\r\nConnection: close\r\n"
                        + "Content-Type: application/json\r\nX-GitHub-Event: "
                        + event
                        + "\r\nX-GitHub-Delivery: "
                        + id
                        + "\r\nX-Hub-Signature-256: "
                        + signature
                        + "\r\nContent-Length: "
                        + length
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    static Answer read(Socket socket) throws IOException {
        var text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return text.length() < 12
                ? new Answer(0, text)
                : new Answer(Integer.parseInt(text.substring(9, 12)), text);
    }

    static String hmac(byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
