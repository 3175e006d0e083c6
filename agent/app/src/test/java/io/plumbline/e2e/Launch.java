package io.plumbline.e2e;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command lines of the agent and of {@code plumb} as they are shipped. {@code scripts/test}
 * makes caches of loaded and linked classes (JEP 514) for both and names their folder in {@code
 * plumbline.test.caches}: a JVM starts with a quarter of the processor time.
 */
final class Launch {
    private static final String CACHES = System.getProperty("plumbline.test.caches", "");

    private Launch() {}

    /**
     * The agent.
     *
     * @param earlier the classes of an earlier version; null for this build's
     */
    static List<String> agent(
            @Nullable Path earlier, List<String> properties, String... arguments) {
        var command = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(List.of("-XX:+UseSerialGC", "-Xms32m", "-Xmn24m"));
        command.addAll(List.of("-XX:SurvivorRatio=4", "-Xmx256m"));
        command.addAll(properties);
        return java(earlier, "agent.aot", command, arguments);
    }

    /** The command, with the JVM's options of {@code scripts/plumb}. */
    static List<String> plumb(@Nullable Path earlier, String... arguments) {
        return java(earlier, "plumb.aot", List.of("-XX:+UseSerialGC"), arguments);
    }

    private static List<String> java(
            @Nullable Path earlier, String cache, List<String> options, String... arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1");
        if (!CACHES.isEmpty() && earlier == null) {
            command.add("-XX:AOTCache=" + Path.of(CACHES, cache));
        }
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(earlier)));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Test classes last, for a main class of a test. */
    private static String classPath(@Nullable Path earlier) {
        var target = Path.of(System.getProperty("plumbline.build", "target")).toAbsolutePath();
        var classes = target.resolve("classes");
        var lib = target.resolve("lib");
        if (!Files.isDirectory(lib) || !Files.isDirectory(classes)) {
            throw new AssertionError(
                    "no built agent in " + target + ": run scripts/test, or mvn package first");
        }
        if (earlier != null) {
            return String.join(
                    File.pathSeparator,
                    earlier.toString(),
                    earlier + "/lib/*",
                    Workshop.libraries(lib));
        }
        // A cache knows jars in one order, and nothing of folders.
        var shipped = CACHES.isEmpty() ? classes + ":" + lib + "/*" : cached();
        return String.join(File.pathSeparator, shipped, target.resolve("test-classes").toString());
    }

    private static String cached() {
        try {
            return Files.readString(Path.of(CACHES, "classpath")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
