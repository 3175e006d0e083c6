package io.plumbline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A small file system in memory, mounted on a folder, that a test fills. Only root can do that. */
public final class SmallDisk implements AutoCloseable {
    private static final int CHUNK = 4096;

    private final Path folder;
    private final Path filler;

    private SmallDisk(Path folder) {
        this.folder = folder;
        this.filler = folder.resolve("filler");
    }

    /** Whether this user can mount one. */
    public static boolean possible() {
        return "root".equals(System.getProperty("user.name"));
    }

    /**
     * Mounts one.
     *
     * @param folder made where it is not there
     * @param size as {@code mount} takes it, {@code 8m}
     */
    public static SmallDisk mount(Path folder, String size) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run(List.of("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString()));
        return new SmallDisk(folder);
    }

    /** Where it is mounted. */
    public Path folder() {
        return folder;
    }

    /** Writes a file until there is no room for another byte. */
    public void fill() {
        try (var out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(new byte[CHUNK]);
            }
        } catch (IOException e) {
            // Full: as wanted.
        }
    }

    /** Removes what {@link #fill} wrote. */
    public void makeRoom() {
        try {
            Files.deleteIfExists(filler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Unmounts it, also while files are open. */
    @Override
    public void close() {
        run(List.of("umount", "-l", folder.toString()));
    }

    private static void run(List<String> command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(String.join(" ", command) + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
