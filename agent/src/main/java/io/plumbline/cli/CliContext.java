package io.plumbline.cli;

import io.plumbline.port.Ticker;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * All that the command knows of where it was called.
 *
 * @param env the environment's variables
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param terminal whether standard output is one
 * @param user who calls, for the record
 * @param folder the current folder
 * @param defaultConfig where the configuration is when nobody says
 * @param ticker time, for deadlines and ages
 * @param pollEvery between two looks while waiting
 * @param retryAfter before the first try to connect again; the pause doubles from try to try
 */
record CliContext(
        Map<String, String> env,
        InputStream in,
        PrintWriter out,
        PrintWriter err,
        boolean terminal,
        String user,
        Path folder,
        Path defaultConfig,
        Ticker ticker,
        Duration pollEvery,
        Duration retryAfter) {

    private static final int USUAL_WIDTH = 100;

    /** The option of all verbs that turns colours off. */
    static final String NO_COLOR = "--no-color";

    /** Of this process. */
    static CliContext ofProcess() {
        var terminal = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
        return new CliContext(
                System.getenv(),
                System.in,
                writer(FileDescriptor.out),
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

    /** A variable, empty when it is not set. */
    String variable(String name) {
        return env.getOrDefault(name, "").strip();
    }

    /** The same without colours. */
    CliContext withoutColours() {
        var plain = new HashMap<>(env);
        plain.put("NO_COLOR", "1");
        return new CliContext(
                Map.copyOf(plain),
                in,
                out,
                err,
                terminal,
                user,
                folder,
                defaultConfig,
                ticker,
                pollEvery,
                retryAfter);
    }

    /** Whether to print in colours: on a terminal, unless NO_COLOR says no (no-color.org). */
    boolean colours() {
        return terminal && variable("NO_COLOR").isEmpty();
    }

    /** Columns of the terminal; all there is need of where the output is not one. */
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
