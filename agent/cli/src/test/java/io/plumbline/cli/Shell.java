package io.plumbline.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.Sample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Calls the command as a shell would, with an environment of its own. */
final class Shell {
    /** Reads what was printed by other means than the command has. */
    static final ObjectMapper JSON = new ObjectMapper();

    final Map<String, String> env = new HashMap<>();
    boolean terminal;
    String in = "";
    Path folder = Path.of("/");
    Path defaultConfig = Path.of("/nonexistent/plumbline.yaml");

    /** What was written to standard output as bytes. */
    final ByteArrayOutputStream raw = new ByteArrayOutputStream();

    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    /** A clock that stands 12 s after the samples, and goes forward a minute with each look. */
    private final Ticker ticker =
            new Ticker() {
                private long nanos;

                @Override
                public long nanos() {
                    nanos += Duration.ofSeconds(5).toNanos();
                    return nanos;
                }

                @Override
                public Instant now() {
                    return Sample.AT.plusSeconds(12);
                }
            };

    /** Runs it; the exit code. */
    int plumb(String... args) {
        out = new StringWriter();
        err = new StringWriter();
        return run(args);
    }

    /** Starts it on a thread of its own; what it prints can be read meanwhile. */
    CompletableFuture<Integer> start(String... args) {
        out = new StringWriter();
        err = new StringWriter();
        var exit = new CompletableFuture<Integer>();
        Thread.ofVirtual().name("plumb").start(() -> exit.complete(run(args)));
        return exit;
    }

    private int run(String... args) {
        return Plumb.run(
                args,
                new CliContext(
                        env,
                        new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
                        new PrintWriter(out),
                        raw,
                        new PrintWriter(err),
                        terminal,
                        "ada",
                        folder,
                        defaultConfig,
                        ticker,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1)));
    }

    /** What the last call printed. */
    String out() {
        return out.toString();
    }

    /** What the last call printed to standard error. */
    String err() {
        return err.toString();
    }
}
