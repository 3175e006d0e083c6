package io.plumbline.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/**
 * The Engine API over a unix socket without anything in between, as a baseline for measurements:
 * one request a connection, no retries, no checks beyond the status.
 */
final class RawEngine {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path socket;
    private final String api;

    RawEngine(Path socket, String api) {
        this.socket = socket;
        this.api = api;
    }

    /** Sends JSON and returns the answer, which must be a success. */
    JsonNode json(String method, String path, Object body) {
        try {
            return sent(method, path, "application/json", JSON.writeValueAsBytes(body));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request without a body. */
    JsonNode ask(String method, String path) {
        return bytes(method, path, new byte[0]);
    }

    /** Sends a tar archive. */
    JsonNode bytes(String method, String path, byte[] tar) {
        try {
            return sent(method, path, "application/x-tar", tar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonNode sent(String method, String path, String type, byte[] body) throws IOException {
        var head =
                method
                        + " /v"
                        + api
                        + path
                        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
                        + type
                        + "\r\nContent-Length: "
                        + body.length
                        + "\r\n\r\n";
        var answer = new ByteArrayOutputStream();
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            write(channel, head.getBytes(StandardCharsets.UTF_8));
            write(channel, body);
            var buffer = ByteBuffer.allocate(64 << 10);
            while (channel.read(buffer) >= 0) {
                answer.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        }
        return content(method + " " + path, answer.toString(StandardCharsets.UTF_8));
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static JsonNode content(String asked, String answer) throws IOException {
        int status = Integer.parseInt(answer.substring(9, 12));
        if (status >= 300) {
            throw new AssertionError(asked + ": " + answer);
        }
        int begin = answer.indexOf('{', answer.indexOf("\r\n\r\n"));
        int end = answer.lastIndexOf('}');
        return begin < 0 || end < begin
                ? JSON.createObjectNode()
                : JSON.readTree(
                        answer.substring(begin, end + 1).replaceAll("\r\n[0-9a-f]+\r\n", ""));
    }

    /** Does something for each number from 0, so many at a time. */
    static void inParallel(int width, int count, IntConsumer work) {
        try (var threads = Executors.newFixedThreadPool(width)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                all.add(threads.submit(() -> work.accept(number)));
            }
            for (var one : all) {
                one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }
}
