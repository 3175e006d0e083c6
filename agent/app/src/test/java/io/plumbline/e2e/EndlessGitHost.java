package io.plumbline.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Something at a TCP port that answers who wants to fetch with branches that never end. */
final class EndlessGitHost implements AutoCloseable {
    private static final String HEAD =
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n"
                    + "001e# service=git-upload-pack\n0000";

    private final ServerSocket server;
    private final AtomicInteger givenUp = new AtomicInteger();

    EndlessGitHost() {
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("endless-git").start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort() + "/endless.git";
    }

    /** How many fetches were given up by who asked. */
    int givenUp() {
        return givenUp.get();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var connection = server.accept();
                Thread.ofVirtual().name("endless-git-serve").start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            var in =
                    new BufferedReader(
                            new InputStreamReader(
                                    connection.getInputStream(), StandardCharsets.UTF_8));
            String line = in.readLine();
            while (line != null && !line.isEmpty()) {
                line = in.readLine();
            }
            var out = connection.getOutputStream();
            out.write(HEAD.getBytes(StandardCharsets.UTF_8));
            for (long ref = 0; ; ) {
                var refs = new StringBuilder();
                for (int i = 0; i < 1000; i++) {
                    var text = "%040x refs/heads/%016x\n".formatted(ref + 1, ref++);
                    refs.append("%04x".formatted(text.length() + 4)).append(text);
                }
                out.write(refs.toString().getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // It was given up, which is the only way that it ends.
            givenUp.incrementAndGet();
        }
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
