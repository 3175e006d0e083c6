package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.wire.DockerEngineSettings.Credentials;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The engine's calls to registries: digests and pulls. */
final class ImageTransfers {
    /** Deadlines of a real engine are in real time. */
    private static final Ticker CLOCK = Ticker.system();

    private static final String HUB = "docker.io";
    private static final String HUB_ADDRESS = "https://index.docker.io/v1/";
    private static final Duration ASK = Duration.ofSeconds(30);
    private static final ObjectReader JSON = EngineWire.JSON.reader();

    private final EngineWire wire;
    private final Function<String, Optional<Credentials>> credentials;

    ImageTransfers(EngineWire wire, Function<String, Optional<Credentials>> credentials) {
        this.wire = wire;
        this.credentials = credentials;
    }

    /** Returns the current digest of a reference; empty if the registry does not have it. */
    Optional<String> digest(String reference) {
        ImageName name = ImageName.parse(reference);
        String what = "ask the registry for image " + reference;
        Map<String, String> headers = authentication(name);
        JsonNode answer;
        try {
            answer =
                    wire.call(
                            what,
                            Doing.REGISTRY,
                            ASK,
                            session -> {
                                Request request =
                                        EngineWire.request(
                                                session,
                                                "GET",
                                                "/distribution/" + reference + "/json",
                                                headers,
                                                null);
                                return EngineWire.json(
                                        EngineWire.exchange(session.calls(), request));
                            });
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return Optional.empty();
            }
            throw e;
        }
        String digest = answer.path("Descriptor").path("digest").asText();
        if (digest.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT, wire.at(what) + ": the answer holds no digest");
        }
        return Optional.of(digest);
    }

    /** Pulls an image; returns when the engine reports the end. */
    void pull(String image, Duration deadline, Consumer<String> progress) {
        ImageName name = ImageName.parse(image);
        String what = "pull image " + image;
        Map<String, String> headers = authentication(name);
        String path =
                "/images/create?fromImage="
                        + encoded(name.repository())
                        + "&tag="
                        + encoded(name.version());
        long begin = CLOCK.nanos();
        CompletableFuture<String> ended = new CompletableFuture<>();
        PullProgress reader = new PullProgress(progress);
        EngineStream stream;
        try {
            stream =
                    wire.stream(
                            what,
                            Doing.REGISTRY,
                            deadline,
                            s -> EngineWire.request(s, "POST", path, headers, new byte[0]),
                            reader,
                            ended::complete);
        } catch (PlumblineException e) {
            throw e.kind() == FailureKind.UNREACHABLE && CLOCK.left(deadline, begin).isNegative()
                    ? late(what, deadline)
                    : e;
        }
        try (stream) {
            String reason = ended.get(CLOCK.left(deadline, begin).toNanos(), TimeUnit.NANOSECONDS);
            reader.check(wire, what, reason);
        } catch (TimeoutException e) {
            throw late(what, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, wire.at(what) + ": interrupted");
        } catch (ExecutionException e) {
            throw new PlumblineException(FailureKind.FAULT, wire.at(what), e.getCause());
        }
    }

    private PlumblineException late(String what, Duration deadline) {
        return new PlumblineException(
                FailureKind.TRANSIENT,
                wire.at(what) + ": not done within " + deadline.toSeconds() + "s");
    }

    private Map<String, String> authentication(ImageName name) {
        String registry = name.registry();
        return credentials
                .apply(registry)
                .map(
                        who ->
                                EngineWire.JSON
                                        .createObjectNode()
                                        .put("username", who.username())
                                        .put("password", who.password())
                                        .put(
                                                "serveraddress",
                                                registry.equals(HUB) ? HUB_ADDRESS : registry)
                                        .toString())
                .map(
                        json ->
                                Map.of(
                                        "X-Registry-Auth",
                                        Base64.getUrlEncoder()
                                                .encodeToString(
                                                        json.getBytes(StandardCharsets.UTF_8))))
                .orElse(Map.of());
    }

    /** Returns a reference for use in a path, where slashes, colons and at signs are legal. */
    static String path(String reference) {
        return encoded(reference)
                .replace("+", "%20")
                .replace("%2F", "/")
                .replace("%3A", ":")
                .replace("%40", "@");
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** The reader of a pull's progress. Repeated progress of a layer is reported once a second. */
    private static final class PullProgress implements EngineWire.Reader {
        private static final long BETWEEN = TimeUnit.SECONDS.toNanos(1);

        private final Consumer<String> progress;
        private long told = CLOCK.nanos() - BETWEEN;
        private volatile @Nullable String error;

        PullProgress(Consumer<String> progress) {
            this.progress = progress;
        }

        @Override
        public void read(InputStream body, BooleanSupplier closed) throws IOException {
            AnswerLimits.Lines lines = new AnswerLimits.Lines(body);
            for (String line = lines.next();
                    line != null && !closed.getAsBoolean();
                    line = lines.next()) {
                if (!line.isBlank()) {
                    tell(JSON.readTree(line));
                }
            }
        }

        private void tell(JsonNode line) {
            if (line.hasNonNull("error") || line.hasNonNull("errorDetail")) {
                String detail = line.path("errorDetail").path("message").asText();
                error = detail.isEmpty() ? line.path("error").asText() : detail;
                return;
            }
            JsonNode detail = line.path("progressDetail");
            boolean counting = detail.path("total").asLong() > 0;
            long now = CLOCK.nanos();
            if (counting && now - told < BETWEEN) {
                return;
            }
            if (counting) {
                told = now;
            }
            String layer = line.path("id").asText();
            String status = line.path("status").asText();
            progress.accept(
                    (layer.isEmpty() ? "" : layer + ": ")
                            + status
                            + (counting ? amount(detail) : ""));
        }

        private static String amount(JsonNode detail) {
            return " "
                    + (detail.path("current").asLong() >> 20)
                    + " of "
                    + (detail.path("total").asLong() >> 20)
                    + " MiB";
        }

        void check(EngineWire wire, String what, String reason) {
            String failure = error;
            if (failure != null) {
                throw wire.failure(what, Doing.REGISTRY, 0, failure);
            }
            if (!reason.equals(EngineStream.END)) {
                throw new PlumblineException(
                        FailureKind.UNREACHABLE, wire.at(what) + ": connection lost: " + reason);
            }
        }
    }
}
