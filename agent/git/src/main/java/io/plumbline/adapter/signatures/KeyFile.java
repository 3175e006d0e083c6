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
 * A file of keys. Each use checks it; it is read again only if its size, time or identity changed.
 * An error in it is reported at each use until it is corrected.
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
     * Returns its current keys.
     *
     * @throws PlumblineException {@code INVALID} if it cannot be read, is empty, too large or
     *     malformed; the message names the file
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
