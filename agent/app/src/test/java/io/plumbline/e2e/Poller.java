package io.plumbline.e2e;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A client that asks a service again and again, a new connection each time, and remembers every
 * answer. It says whether the service never stopped answering while a test did something to it.
 */
public final class Poller implements AutoCloseable {
    /** An answer that comes is one, however busy the machine; this ends a wait for none. */
    private static final int TIMEOUT_MILLIS = 20_000;

    private final String host;
    private final int port;
    private final List<String> bodies = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    private Poller(String host, int port, Duration interval) {
        this.host = host;
        this.port = port;
        this.thread =
                Thread.ofPlatform()
                        .daemon()
                        .name("poller " + host + ":" + port)
                        .start(() -> poll(interval));
    }

    /** Begins to ask {@code http://host:port/} every 20 ms. */
    public static Poller of(String host, int port) {
        return new Poller(host, port, Duration.ofMillis(20));
    }

    /** Asks once: the body of {@code http://host:port/path}. */
    public static String get(String host, int port, String path) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream()
                    .write(
                            "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n"
                                    .formatted(path, host)
                                    .getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int body = answer.indexOf("\r\n\r\n");
            if (!answer.startsWith("HTTP/1.") || body < 0) {
                throw new IOException("no HTTP answer: \"" + answer + '"');
            }
            if (!answer.startsWith("200", 9)) {
                throw new IOException(answer.substring(0, answer.indexOf('\r')));
            }
            return answer.substring(body + 4).strip();
        }
    }

    /** Waits until {@code host:port} answers with {@code body}. */
    public static void awaitBody(String host, int port, String body) {
        Eventually.is(
                "http://%s:%d/ answers %s".formatted(host, port, body),
                () -> {
                    try {
                        return get(host, port, "/");
                    } catch (IOException e) {
                        return e.toString();
                    }
                },
                body::equals);
    }

    private void poll(Duration interval) {
        while (!closed) {
            try {
                var body = get(host, port, "/");
                synchronized (this) {
                    bodies.add(body);
                }
            } catch (IOException e) {
                synchronized (this) {
                    failures.add(Instant.now() + " after " + bodies.size() + " answers: " + e);
                }
            }
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** How many answers came so far. */
    public synchronized int answers() {
        return bodies.size();
    }

    /** What went wrong so far, a line each. */
    public synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /** The different answers, in the order of their first coming. */
    public synchronized Set<String> seen() {
        return new LinkedHashSet<>(bodies);
    }

    /** The newest answer, empty when there was none. */
    public synchronized String last() {
        return bodies.isEmpty() ? "" : bodies.getLast();
    }

    /** Stops asking. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
