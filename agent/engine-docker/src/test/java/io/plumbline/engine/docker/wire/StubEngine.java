package io.plumbline.engine.docker.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Something at a unix socket that behaves as badly as a test wants. */
final class StubEngine implements AutoCloseable {
    /** Answers one request; the connection is closed afterwards. */
    interface Handler {
        /**
         * Answers.
         *
         * @param request its first line
         * @param out where the answer goes
         * @param hang blocks until the other side has gone away
         */
        void answer(String request, OutputStream out, Hang hang) throws IOException;
    }

    /** Waits for the other side to go away. */
    interface Hang {
        void untilGone() throws IOException;
    }

    private final Path folder;
    private final Path socket;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile Handler handler;
    private @Nullable ServerSocketChannel server;

    StubEngine(Handler handler) {
        this.handler = handler;
        try {
            folder = Files.createTempDirectory("plumbline");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        socket = folder.resolve("engine.sock");
        listen();
    }

    String endpoint() {
        return "unix://" + socket;
    }

    void handler(Handler next) {
        handler = next;
    }

    int openConnections() {
        return open.size();
    }

    int accepted() {
        return accepted.get();
    }

    /** Stops as a killed engine does: the socket's file stays. */
    void kill() {
        ServerSocketChannel listening = server;
        if (listening != null) {
            EngineWire.closeQuietly(listening);
        }
        open.forEach(EngineWire::closeQuietly);
    }

    void listen() {
        try {
            Files.deleteIfExists(socket);
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            channel.bind(UnixDomainSocketAddress.of(socket), 50);
            server = channel;
            Thread.ofVirtual().name("stub-accept").start(() -> accept(channel));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocketChannel channel) {
        while (true) {
            try {
                SocketChannel connection = channel.accept();
                accepted.incrementAndGet();
                open.add(connection);
                Thread.ofVirtual().name("stub-serve").start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            InputStream in = Channels.newInputStream(connection);
            OutputStream out = Channels.newOutputStream(connection);
            handler.answer(
                    head(in).lines().findFirst().orElse(""),
                    out,
                    () -> in.transferTo(OutputStream.nullOutputStream()));
        } catch (IOException e) {
            // The other side is gone, which is what such a test is about.
            return;
        } finally {
            open.remove(connection);
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                break;
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.UTF_8);
    }

    /** Writes an answer with a JSON body. */
    static void json(OutputStream out, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        write(
                out,
                "HTTP/1.1 "
                        + status
                        + " X\r\nContent-Type: application/json\r\nContent-Length: "
                        + bytes.length
                        + "\r\n\r\n");
        out.write(bytes);
        out.flush();
    }

    /** Begins an answer that comes in pieces. */
    static void chunked(OutputStream out) throws IOException {
        write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    /** A piece of it. */
    static void chunk(OutputStream out, String text) throws IOException {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        write(out, Integer.toHexString(length) + "\r\n" + text + "\r\n");
    }

    static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Answers {@code /version} and {@code /info} as an engine of that API version does. */
    static Handler engine(String api, Handler rest) {
        return (request, out, hang) -> {
            if (request.contains("/version ")) {
                json(
                        out,
                        200,
                        "{\"Version\":\"x\",\"ApiVersion\":\""
                                + api
                                + "\",\"MinAPIVersion\":\"1.12\"}");
            } else if (request.contains("/info ")) {
                json(out, 200, "{\"ServerVersion\":\"x\",\"NCPU\":2,\"MemTotal\":1024}");
            } else {
                rest.answer(request, out, hang);
            }
        };
    }

    @Override
    public void close() throws IOException {
        kill();
        Files.deleteIfExists(socket);
        Files.delete(folder);
    }
}
