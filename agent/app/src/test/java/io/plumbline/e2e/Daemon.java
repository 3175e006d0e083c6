package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server program of this machine in the foreground, ended with the test. */
final class Daemon implements AutoCloseable {
    private final Process process;
    private final Path log;

    /** Starts it; both its outputs go to {@code log}. */
    Daemon(Path log, Map<String, String> environment, String... command) {
        this.log = log;
        var builder = new ProcessBuilder(List.of(command));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command[0], e);
        }
        Runtime.getRuntime()
                .addShutdownHook(new Thread(process::destroyForcibly, "end " + command[0]));
    }

    /** Waits until it listens. */
    Daemon listens(int port) {
        Eventually.holds(
                "somebody listens on " + port,
                () -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException("it ended: " + log());
                    }
                    try (var socket = new Socket()) {
                        socket.connect(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
                        return true;
                    } catch (IOException e) {
                        return false;
                    }
                });
        return this;
    }

    /** All that it wrote. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
