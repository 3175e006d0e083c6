package io.plumbline.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs a program of this machine to its end, under a deadline. */
public final class Program {
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    private Program() {}

    /**
     * How a program ended.
     *
     * @param code exit code
     * @param out all of standard output
     * @param err all of standard error
     */
    public record Ended(List<String> command, int code, String out, String err) {
        /** This, or an {@link AssertionError} that shows everything when the exit code is not 0. */
        public Ended ok() {
            if (code != 0) {
                throw new AssertionError(
                        "%s ended with %d%nout: %s%nerr: %s"
                                .formatted(String.join(" ", command), code, out, err));
            }
            return this;
        }
    }

    /** Standard output, trimmed, of a program that must end with 0. */
    public static String run(String... command) {
        return run(List.of(command));
    }

    /** Standard output, trimmed, of a program that must end with 0. */
    public static String run(List<String> command) {
        return end(command).ok().out().strip();
    }

    /** Runs a program and says how it ended, whatever the exit code. */
    public static Ended end(List<String> command) {
        return end(command, Map.of(), null, new byte[0], DEADLINE);
    }

    /**
     * Runs a program.
     *
     * @param environment added to this process's own
     * @param folder where it runs, null for here
     * @param input its standard input
     * @throws AssertionError when it cannot be started or does not end in time
     */
    public static Ended end(
            List<String> command,
            Map<String, String> environment,
            @Nullable Path folder,
            byte[] input,
            Duration deadline) {
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new AssertionError("cannot start " + String.join(" ", command), e);
        }
        var out = new Drain(process.getInputStream(), "out of " + command.getFirst());
        var err = new Drain(process.getErrorStream(), "err of " + command.getFirst());
        try {
            try (var stdin = process.getOutputStream()) {
                stdin.write(input);
            } catch (IOException e) {
                // It ended without reading its input; its exit code says more than the broken pipe.
            }
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(
                        "%s did not end within %s%nout: %s%nerr: %s"
                                .formatted(
                                        String.join(" ", command),
                                        deadline,
                                        out.text(),
                                        err.text()));
            }
            return new Ended(List.copyOf(command), process.exitValue(), out.text(), err.text());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while " + command.getFirst() + " ran", e);
        }
    }

    /** Starts a program that has no end of its own; the file gets both outputs. */
    public static Process start(
            List<String> command, Map<String, String> environment, Path output) {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            return builder.redirectOutput(output.toFile()).start();
        } catch (IOException e) {
            throw new AssertionError("cannot start " + String.join(" ", command), e);
        }
    }

    /** Reads a stream to its end in a thread of its own. */
    private static final class Drain {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Thread thread;

        Drain(InputStream stream, String name) {
            thread =
                    Thread.ofVirtual()
                            .name(name)
                            .start(
                                    () -> {
                                        try (stream) {
                                            stream.transferTo(bytes);
                                        } catch (IOException e) {
                                            throw new UncheckedIOException(e);
                                        }
                                    });
        }

        String text() throws InterruptedException {
            // A grandchild that keeps the pipe open does not hold us up.
            thread.join(Duration.ofSeconds(5));
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
