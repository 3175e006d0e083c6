package io.plumbline.port;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * The store of what steps made: files by the SHA-256 of their bytes. A file is stored completely or
 * not at all, and is on disk when the call returns. Safe for several threads.
 */
public interface ArtifactStore extends AutoCloseable {

    /**
     * A stored file.
     *
     * @param sha256 64 hex digits of the bytes' hash
     * @param size bytes
     */
    record Stored(String sha256, long size) {}

    /**
     * Stores the bytes of a stream, which are never in memory as a whole. Equal bytes are stored
     * once.
     *
     * @param limit largest number of bytes
     * @throws PlumblineException {@code INVALID} if there are more bytes; {@code TRANSIENT} if they
     *     cannot be stored, for example because the disk is full
     * @throws IOException if the stream fails
     */
    Stored put(InputStream bytes, long limit) throws IOException;

    /** Returns a stored file. A read fails if its bytes do not have this hash any more. */
    Optional<FileBytes> open(String sha256);

    /** Whether the file is stored. Its bytes are not read. */
    default boolean has(String sha256) {
        return open(sha256).isPresent();
    }

    /** Returns the number of bytes of all stored files. */
    long size();

    /**
     * Deletes the files that are not in the set and that were not stored or asked for during the
     * last {@code grace}.
     *
     * @return the number of deleted bytes
     */
    long collect(Set<String> keep, Duration grace);

    @Override
    void close();
}
