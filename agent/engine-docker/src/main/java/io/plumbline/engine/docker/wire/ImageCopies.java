package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The copy of images between engines, like {@code docker save} and {@code docker load}. The bytes
 * pass through memory and are never stored by the agent.
 */
final class ImageCopies {
    private static final Ticker CLOCK = Ticker.system();
    private static final int LONGEST_ANSWER = 256 << 10;

    private final EngineWire wire;

    ImageCopies(EngineWire wire) {
        this.wire = wire;
    }

    /**
     * Opens an image.
     *
     * @param there whether the engine has it; asked for a missing one, it answers 500
     */
    InputStream save(String image, boolean there, Duration deadline) {
        if (!there) {
            throw new PlumblineException(
                    FailureKind.MISSING, wire.at("save image " + image) + ": it has no such image");
        }
        return wire.body(
                "save image " + image,
                Doing.ANYTHING,
                deadline,
                s ->
                        EngineWire.request(
                                s, "GET", "/images/" + ImageTransfers.path(image) + "/get"));
    }

    /**
     * Sends an image.
     *
     * <p>With {@code quiet} the engine sends nothing before it has read everything. Without it, an
     * engine whose reports nobody reads would stop reading.
     */
    void load(InputStream image, Duration deadline, Consumer<String> progress) {
        check("load image", sent("load image", new Counted(image, progress), deadline));
    }

    private String sent(String what, Counted image, Duration deadline) {
        try {
            return send(what, image, deadline);
        } catch (PlumblineException e) {
            var source = image.failure();
            // The source failed, which is not the fault of the target engine.
            throw source == null
                    ? e
                    : new PlumblineException(
                            FailureKind.TRANSIENT,
                            wire.at(what) + ": what is loaded broke off: " + source.getMessage(),
                            e);
        }
    }

    private String send(String what, Counted image, Duration deadline) {
        return wire.call(
                what,
                Doing.ANYTHING,
                deadline,
                s -> {
                    Request request =
                            Request.builder()
                                    .method("POST")
                                    .path("/" + s.api().asWebPathPart() + "/images/load?quiet=1")
                                    .putHeader("Content-Type", "application/x-tar")
                                    .body(image)
                                    .build();
                    try (Response response = s.streams().execute(request)) {
                        return new String(
                                EngineWire.checked(response).getBody().readNBytes(LONGEST_ANSWER),
                                StandardCharsets.UTF_8);
                    }
                });
    }

    /**
     * Checks the answer. The engine sends 200 first and errors afterwards, a JSON object a line.
     */
    private void check(String what, String answer) {
        for (String line : answer.lines().filter(l -> !l.isBlank()).toList()) {
            JsonNode json;
            try {
                json = EngineWire.JSON.readTree(line);
            } catch (IOException e) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT, wire.at(what) + ": the answer was cut off", e);
            }
            String error = json.path("errorDetail").path("message").asText();
            if (error.isEmpty()) {
                error = json.path("error").asText();
            }
            if (!error.isEmpty()) {
                throw wire.failure(what, Doing.ANYTHING, 0, error);
            }
        }
    }

    /** A stream that reports once a second how much was copied. */
    private static final class Counted extends FilterInputStream {
        private static final long BETWEEN = TimeUnit.SECONDS.toNanos(1);

        private final Consumer<String> progress;
        private long bytes;
        private long told = CLOCK.nanos();
        private volatile @Nullable IOException failure;

        Counted(InputStream image, Consumer<String> progress) {
            super(image);
            this.progress = progress;
        }

        @Nullable IOException failure() {
            return failure;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int n;
            try {
                n = super.read(into, offset, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
            count(Math.max(n, 0));
            return n;
        }

        private void count(int n) {
            bytes += n;
            long now = CLOCK.nanos();
            if (now - told >= BETWEEN) {
                told = now;
                progress.accept("copied " + (bytes >> 20) + " MiB");
            }
        }

        @Override
        public void close() {
            // The caller closes it.
        }
    }
}
