package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real image registry (Debian's {@code docker-registry}) on a loopback port, which engines trust
 * without TLS, with a folder of its own.
 */
public final class RegistryServer implements AutoCloseable {
    private final Path folder = Workshop.folder("reg");
    private final int port = Workshop.port();
    private @Nullable Process process;

    /** Starts it. */
    public RegistryServer() {
        comesBack();
    }

    /** {@code 127.0.0.1:PORT}, as it stands in image references. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    /**
     * Pushes an image that {@code engine} has as {@code image} and takes the pushed name off the
     * engine again, so that only the registry knows it.
     *
     * @return the reference with tag, {@code 127.0.0.1:PORT/NAME:TAG}
     */
    public String push(TestEngine engine, String image, String nameAndTag) {
        var reference = host() + "/" + nameAndTag;
        engine.docker("tag", image, reference);
        engine.docker("push", "-q", reference);
        engine.docker("rmi", reference);
        return reference;
    }

    /** Stops it: connections are refused. */
    public synchronized void goesAway() {
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process = null;
    }

    /** Starts it again at the same address with all it had. */
    public synchronized void comesBack() {
        if (process != null) {
            return;
        }
        var log = folder.resolve("log").toFile();
        try {
            var config = folder.resolve("config.yml");
            Files.writeString(
                    config,
                    """
                    version: 0.1
                    log: {level: warn}
                    storage:
                      filesystem: {rootdirectory: %s}
                      delete: {enabled: true}
                    http: {addr: "127.0.0.1:%d"}
                    """
                            .formatted(folder.resolve("data"), port));
            var builder = new ProcessBuilder("docker-registry", "serve", config.toString());
            builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot start docker-registry: install Debian's docker-registry", e);
        }
        try (var client = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create("http://" + host() + "/v2/"))
                            .timeout(Duration.ofSeconds(2))
                            .build();
            Eventually.holds(
                    "the registry answers",
                    () -> {
                        try {
                            return client.send(request, HttpResponse.BodyHandlers.discarding())
                                            .statusCode()
                                    == 200;
                        } catch (IOException e) {
                            return false;
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            return false;
                        }
                    });
        }
    }

    @Override
    public void close() {
        goesAway();
        Workshop.remove(folder);
    }
}
