package io.plumbline.testkit;

import io.plumbline.port.FileBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a step does on a fake engine. */
@FunctionalInterface
public interface FakeJob {

    /** Returns what it does, when it starts. */
    Ending run(Start start);

    /**
     * What it starts with.
     *
     * @param files by target; those of secrets, too
     * @param env its environment
     * @param command its words, without the entrypoint
     */
    record Start(Map<String, FileBytes> files, Map<String, String> env, List<String> command) {
        /** Returns a file's text, or null if there is none. */
        public @Nullable String text(String target) {
            var file = files.get(target);
            if (file == null) {
                return null;
            }
            try (var in = file.open()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * What it does after its start, and what it leaves.
     *
     * @param exitCode its process's
     * @param outOfMemory whether the kernel ends it for memory
     * @param after how long it runs on the tasks' clock; null until a test ends it
     * @param stopCode its process's exit code if it is stopped
     * @param log the lines that it prints at its start
     * @param files what is there when it has ended by itself, by absolute path
     */
    record Ending(
            int exitCode,
            boolean outOfMemory,
            @Nullable Duration after,
            int stopCode,
            List<String> log,
            Map<String, Made> files) {

        /** It succeeds at once and leaves nothing. */
        public static final Ending DONE = exit(0);

        /** It runs until it is stopped, or a test ends it; then it succeeds. */
        public static final Ending LASTING = DONE.after(null);

        /** It ends at once with a code. */
        public static Ending exit(int code) {
            return new Ending(code, false, Duration.ZERO, 143, List.of(), Map.of());
        }

        /** The kernel ends it for memory at once. */
        public static Ending oom() {
            return new Ending(137, true, Duration.ZERO, 143, List.of(), Map.of());
        }

        /** The same after that time; null: when a test tells it. */
        public Ending after(@Nullable Duration time) {
            return new Ending(exitCode, outOfMemory, time, stopCode, log, files);
        }

        /** The same, which takes no notice of TERM. */
        public Ending ignoringTerm() {
            return new Ending(exitCode, outOfMemory, after, 137, log, files);
        }

        /** The same, which prints these lines. */
        public Ending prints(String... lines) {
            return new Ending(exitCode, outOfMemory, after, stopCode, List.of(lines), files);
        }

        /** The same, which leaves a text file, too. */
        public Ending with(String path, String text) {
            return with(path, 0644, text);
        }

        /** The same, which leaves a text file with permission bits, too. */
        public Ending with(String path, int mode, String text) {
            return with(path, new Made(mode, "", text.getBytes(StandardCharsets.UTF_8)));
        }

        /** The same, which leaves a symbolic link, too. */
        public Ending withLink(String path, String target) {
            return with(path, new Made(0777, target, new byte[0]));
        }

        private Ending with(String path, Made made) {
            var all = new TreeMap<>(files);
            all.put(path, made);
            return new Ending(exitCode, outOfMemory, after, stopCode, log, all);
        }
    }

    /**
     * What it made.
     *
     * @param mode permission bits
     * @param link target of a symbolic link; empty for a file
     * @param bytes of a file
     */
    record Made(int mode, String link, byte[] bytes) {}
}
