package io.plumbline.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Something at a TCP port that answers what asks for an engine with nonsense that never ends. */
final class EndlessEngine implements AutoCloseable {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private static final String VERSION =
            "{\"Version\":\"20.10\",\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\"}";

    /** What has no end. */
    enum Nonsense {
        LINE_OF_THE_HEAD(false, "HTTP/1.1 200 OK\r\nX-Long: ", "x"),
        HEAD(false, "HTTP/1.1 200 OK\r\n", "X-More: yes\r\n"),
        BODY(false, OK + "\r\n{\"ApiVersion\":\"1.41\",\"More\":[", "[],"),
        STRING(false, OK + "\r\n{\"ApiVersion\":\"", "x"),
        NUMBER(false, OK + "\r\n{\"ApiVersion\":", "9"),
        DEPTH(false, OK + "\r\n", "[{\"a\":"),
        REFUSAL(false, "HTTP/1.1 500 No\r\n\r\n", "no "),
        LIST(true, OK + "\r\n[", "{\"Id\":\"a\"},"),
        STRING_IN_A_LIST(true, OK + "\r\n[{\"Id\":\"", "x");

        private final boolean knowsItsVersion;
        private final String begin;
        private final String rest;

        Nonsense(boolean knowsItsVersion, String begin, String rest) {
            this.knowsItsVersion = knowsItsVersion;
            this.begin = begin;
            this.rest = rest.repeat(1 + 60_000 / rest.length());
        }
    }

    private final ServerSocket server;
    private final AtomicInteger answered = new AtomicInteger();
    private volatile Nonsense nonsense = Nonsense.HEAD;

    EndlessEngine() {
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("endless-accept").start(this::accept);
    }

    String endpoint() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    /** Answers so from now on; counts anew. */
    void answer(Nonsense next) {
        nonsense = next;
        answered.set(0);
    }

    /** How many answers of the kind that is on were given up by who asked. */
    int answered() {
        return answered.get();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var connection = server.accept();
                Thread.ofVirtual().name("endless-serve").start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        var what = nonsense;
        boolean endless = false;
        try (connection) {
            var in =
                    new BufferedReader(
                            new InputStreamReader(
                                    connection.getInputStream(), StandardCharsets.UTF_8));
            var request = String.valueOf(in.readLine());
            String line = in.readLine();
            while (line != null && !line.isEmpty()) {
                line = in.readLine();
            }
            endless = answer(what, request, connection.getOutputStream());
        } catch (IOException e) {
            // It was given up, which is the only way that it ends.
            endless = true;
        } finally {
            if (endless && what == nonsense) {
                answered.incrementAndGet();
            }
        }
    }

    private static boolean answer(Nonsense what, String request, OutputStream out)
            throws IOException {
        if (what.knowsItsVersion && request.contains("/version")) {
            write(out, OK + "Content-Length: " + VERSION.length() + "\r\n\r\n" + VERSION);
            return false;
        }
        if (what.knowsItsVersion && request.contains("/_ping")) {
            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK");
            return false;
        }
        write(out, what.begin);
        byte[] rest = what.rest.getBytes(StandardCharsets.UTF_8);
        while (true) {
            out.write(rest);
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
