package io.plumbline.adapter.signatures;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A file of keys. It is looked at each time and read only when its size, time or identity changed;
 * what is wrong with it is said each time until it is mended.
 */
final class KeyFile<T> {
    private static final int LARGEST = 4 << 20;

    private final Path path;
    private final Function<byte[], T> parse;
    private @Nullable Stamp read;
    private @Nullable T keys;
    private @Nullable String problem;

    KeyFile(Path path, Function<byte[], T> parse) {
        this.path = path;
        this.parse = parse;
    }

    private record Stamp(FileTime changed, long size, @Nullable Object identity) {}

    /**
     * What it holds now.
     *
     * @throws PlumblineException {@code INVALID} when it cannot be read, is empty or too large, or
     *     is not what it should be; the message names the file
     */
    synchronized T now() {
        var stamp = stamp();
        if (!stamp.equals(read)) {
            load();
            read = stamp;
        }
        if (problem != null || keys == null) {
            throw invalid(String.valueOf(problem), null);
        }
        return keys;
    }

    private Stamp stamp() {
        try {
            var a = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(a.lastModifiedTime(), a.size(), a.fileKey());
        } catch (IOException e) {
            read = null;
            throw invalid("cannot be read: " + e, e);
        }
    }

    private void load() {
        keys = null;
        problem = null;
        try {
            keys = parse.apply(bytes());
        } catch (PlumblineException e) {
            problem = e.getMessage();
        }
    }

    private byte[] bytes() {
        try (var in = Files.newInputStream(path)) {
            var bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new PlumblineException(
                        FailureKind.INVALID, "is larger than " + LARGEST + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.INVALID, "cannot be read: " + e, e);
        }
    }

    private PlumblineException invalid(String why, @Nullable Throwable cause) {
        var message = "key file " + path + ": " + why;
        return cause == null
                ? new PlumblineException(FailureKind.INVALID, message)
                : new PlumblineException(FailureKind.INVALID, message, cause);
    }
}
