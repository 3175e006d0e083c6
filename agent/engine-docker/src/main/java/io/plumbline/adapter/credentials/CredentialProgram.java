package io.plumbline.adapter.credentials;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The client of Docker's credential helpers, by the protocol of docker-credential-helpers. The
 * program runs with the argument {@code get}, reads a registry's host from its standard input and
 * writes {@code {"Username": ..., "Secret": ...}}. It runs without a shell. Its output is neither
 * logged nor shown in any message.
 */
public final class CredentialProgram {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HUB = "docker.io";
    private static final String HUB_ADDRESS = "https://index.docker.io/v1/";
    private static final String NOT_FOUND = "credentials not found in native keychain";
    private static final String TOKEN = "<token>";
    private static final int LONGEST = 64 << 10;

    private CredentialProgram() {}

    /**
     * The answer of a helper. Its {@code toString} hides the secret.
     *
     * @param username the user
     * @param secret password or token
     */
    public record Answer(String username, String secret) {
        @Override
        public String toString() {
            return "Answer[" + username + ", hidden]";
        }
    }

    /**
     * Asks a helper.
     *
     * @param program absolute path, from the agent's configuration
     * @param registry host of the registry; {@code docker.io} for Docker Hub
     * @return empty if the helper has no credentials
     * @throws PlumblineException {@code DENIED} if it cannot be run, fails, or does not end in time
     */
    public static Optional<Answer> get(Path program, String registry, Duration deadline) {
        String what = "credential helper " + program + " for " + registry;
        if (!program.isAbsolute() || !Files.isExecutable(program)) {
            throw denied(what, "there is no such program that may be run", null);
        }
        Process process = start(program, what);
        try {
            var output = new Output(process.getInputStream());
            Thread reader = Thread.ofVirtual().name("credential-helper").start(output);
            try (var in = process.getOutputStream()) {
                in.write(
                        ((registry.equals(HUB) ? HUB_ADDRESS : registry) + "\n")
                                .getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading; its exit code says more.
            }
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                throw denied(what, "no answer within " + deadline.toSeconds() + " s", null);
            }
            reader.join(deadline);
            return answer(what, process.exitValue(), output.text());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, what + ": interrupted", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Process start(Path program, String what) {
        try {
            return new ProcessBuilder(List.of(program.toString(), "get"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw denied(what, "it cannot be run: " + e.getMessage(), e);
        }
    }

    private static Optional<Answer> answer(String what, int exit, String text) {
        if (exit != 0) {
            if (text.contains(NOT_FOUND)) {
                return Optional.empty();
            }
            // Its output is not shown, because it may contain a secret.
            throw denied(what, "it ended with " + exit + "; run it by hand to see why", null);
        }
        JsonNode json;
        try {
            json = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw denied(what, "it did not answer with JSON", null);
        }
        String username = json.path("Username").asText();
        String secret = json.path("Secret").asText();
        if (secret.isEmpty() || username.isEmpty()) {
            throw denied(what, "its answer has no Username or no Secret", null);
        }
        if (username.equals(TOKEN)) {
            throw denied(
                    what,
                    "it gives an identity token; engines[].registries and helpers take user and"
                            + " password",
                    null);
        }
        return Optional.of(new Answer(username, secret));
    }

    private static PlumblineException denied(String what, String why, @Nullable Exception cause) {
        return new PlumblineException(FailureKind.DENIED, what + ": " + why, cause);
    }

    /**
     * A reader of the helper's output, so that the helper never blocks; it keeps a limited part.
     */
    private static final class Output implements Runnable {
        private final InputStream in;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Output(InputStream in) {
            this.in = in;
        }

        @Override
        public void run() {
            byte[] chunk = new byte[4096];
            try (in) {
                for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                    if (bytes.size() < LONGEST) {
                        bytes.write(chunk, 0, n);
                    }
                }
            } catch (IOException e) {
                // The helper was ended; what came before counts.
                return;
            }
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
