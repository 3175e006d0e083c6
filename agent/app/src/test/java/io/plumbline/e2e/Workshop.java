package io.plumbline.e2e;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Names, folders and ports that no other test of this run, or of another, has. */
public final class Workshop {
    private static final String RUN = Long.toString(ProcessHandle.current().pid(), 36);
    private static final int FORK = Integer.getInteger("plumbline.test.fork", 0);
    private static final AtomicInteger COUNT = new AtomicInteger();

    /** Below the range that the system hands out for outgoing connections; 2,500 for each JVM. */
    private static final AtomicInteger PORT =
            new AtomicInteger(
                    20000 + FORK % 4 * 2500 + (int) (ProcessHandle.current().pid() % 10) * 200);

    private Workshop() {}

    /** {@code prefix} and a suffix of this run, {@code [a-z0-9-]}. */
    public static String name(String prefix) {
        return prefix + "-" + RUN + "-" + Integer.toString(COUNT.incrementAndGet(), 36);
    }

    /** A new empty folder; below {@code PLUMBLINE_TEST_FOLDER} where that is set. */
    public static Path folder(String prefix) {
        try {
            var base = System.getenv("PLUMBLINE_TEST_FOLDER");
            var parent =
                    base == null ? Path.of(System.getProperty("java.io.tmpdir")) : Path.of(base);
            // Short: the path of a unix socket has at most 107 bytes.
            return Files.createTempDirectory(Files.createDirectories(parent), prefix);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A TCP port that nobody listens on now and that no other caller here gets. */
    public static int port() {
        return ports(1);
    }

    /** The first of so many TCP ports in a row that nobody else has, as {@link #port()}. */
    public static int ports(int count) {
        for (int tries = 0; tries < 1000; tries++) {
            int first = PORT.getAndAdd(count);
            if (IntStream.range(first, first + count).allMatch(Workshop::isFree)) {
                return first;
            }
        }
        throw new AssertionError("no free TCP port found up to " + PORT.get());
    }

    private static boolean isFree(int port) {
        try (var probe = new ServerSocket(port, 1, InetAddress.ofLiteral("0.0.0.0"))) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Removes a folder with all that is in it; links are removed, not followed. Something else may
     * remove files of it meanwhile: a daemon that ends removes its socket.
     */
    public static void remove(Path folder) {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.walkFileTree(folder, new Removal());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + folder, e);
        }
    }

    private static final class Removal extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
                throws IOException {
            if (e != null) {
                throw e;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }

    /**
     * The libraries of other projects, picocli too, which this build compiles: its own jars are no
     * part of an earlier version.
     */
    static String libraries(Path lib) {
        try (var jars = Files.list(lib)) {
            return jars.map(Path::toString)
                    .filter(
                            jar ->
                                    jar.endsWith(".jar")
                                            && !jar.contains("manifests-schema")
                                            && (!jar.contains("plumbline-")
                                                    || jar.contains("plumbline-picocli")))
                    .sorted()
                    .collect(Collectors.joining(File.pathSeparator));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
