package io.plumbline.cli;

import io.plumbline.port.Ticker;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The environment in which the command runs.
 *
 * @param env environment variables
 * @param in standard input
 * @param out standard output
 * @param raw standard output, for bytes; unbuffered
 * @param err standard error
 * @param terminal whether standard output is a terminal
 * @param user name of the user, for the record
 * @param folder current folder
 * @param defaultConfig the agent's configuration if nothing else is given
 * @param ticker time, for deadlines and ages
 * @param pollEvery pause between two polls while waiting
 * @param retryAfter pause before the first attempt to connect again; it doubles with each attempt
 */
record CliContext(
        Map<String, String> env,
        InputStream in,
        PrintWriter out,
        OutputStream raw,
        PrintWriter err,
        boolean terminal,
        String user,
        Path folder,
        Path defaultConfig,
        Ticker ticker,
        Duration pollEvery,
        Duration retryAfter) {

    private static final int USUAL_WIDTH = 100;

    /** The option of all verbs that turns off colours. */
    static final String NO_COLOR = "--no-color";

    /** Returns the context of this process. */
    static CliContext ofProcess() {
        var terminal = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        return new CliContext(
                System.getenv(),
                System.in,
                writer(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.out),
                writer(FileDescriptor.err),
                terminal && !"dumb".equals(System.getenv("TERM")),
                System.getProperty("user.name", "unknown"),
                Path.of("").toAbsolutePath(),
                Path.of("/etc/plumbline/plumbline.yaml"),
                Ticker.system(),
                Duration.ofMillis(400),
                Duration.ofMillis(500));
    }

    private static PrintWriter writer(FileDescriptor of) {
        return new PrintWriter(
                new OutputStreamWriter(new FileOutputStream(of), StandardCharsets.UTF_8), true);
    }

    /** Returns a variable without surrounding spaces; empty if it is not set. */
    String variable(String name) {
        return env.getOrDefault(name, "").strip();
    }

    /** Returns the same context without colours. */
    CliContext withoutColours() {
        var plain = new HashMap<>(env);
        plain.put("NO_COLOR", "1");
        return new CliContext(
                Map.copyOf(plain),
                in,
                out,
                raw,
                err,
                terminal,
                user,
                folder,
                defaultConfig,
                ticker,
                pollEvery,
                retryAfter);
    }

    /** Whether to print colours: on a terminal, unless NO_COLOR is set (no-color.org). */
    boolean colours() {
        return terminal && variable("NO_COLOR").isEmpty();
    }

    /**
     * Returns the columns of the terminal: {@code COLUMNS}, at least 40, or 100 if it is not set.
     * Without a terminal there is no limit.
     */
    int width() {
        if (!terminal) {
            return Integer.MAX_VALUE;
        }
        try {
            return Math.max(40, Integer.parseInt(variable("COLUMNS")));
        } catch (NumberFormatException e) {
            return USUAL_WIDTH;
        }
    }
}
