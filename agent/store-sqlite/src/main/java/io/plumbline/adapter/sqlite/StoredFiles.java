package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The files of releases in the ledger, by the SHA-256 of their bytes. A file is written under the
 * writing lock, so that only one is in memory at a time. It is read in chunks of 1 MiB.
 */
final class StoredFiles {
    private static final int CHUNK = 1 << 20;

    private final Database database;

    StoredFiles(Database database) {
        this.database = database;
    }

    /** Stores a file unless it exists. */
    void store(String sha256, FileBytes file) {
        if (size(sha256).isPresent()) {
            return;
        }
        String tried = "cannot store the file " + sha256;
        database.write(
                tried,
                s ->
                        s.update(
                                "INSERT INTO blob (sha256, bytes) VALUES (?, ?)"
                                        + " ON CONFLICT (sha256) DO NOTHING",
                                sha256,
                                checked(tried, sha256, file)));
    }

    private static byte[] checked(String tried, String sha256, FileBytes file) {
        try (var in = file.open()) {
            byte[] bytes = in.readAllBytes();
            if (!hex(digest().digest(bytes)).equals(sha256)) {
                throw wrong(sha256);
            }
            return bytes;
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.TRANSIENT, tried + ": " + e.getMessage(), e);
        }
    }

    /** Returns a stored file. */
    Optional<FileBytes> file(String sha256) {
        return size(sha256).map(size -> new Stored(sha256, size));
    }

    private Optional<Long> size(String sha256) {
        return database.read(
                "cannot read the stored file " + sha256,
                s ->
                        s.one(
                                "SELECT length(bytes) FROM blob WHERE sha256 = ?",
                                r -> r.getLong(1),
                                sha256));
    }

    private byte[] chunk(String sha256, long offset) {
        return database.read(
                        "cannot read the stored file " + sha256,
                        s ->
                                s.one(
                                        "SELECT substr(bytes, ?, ?) FROM blob WHERE sha256 = ?",
                                        r -> r.getBytes(1),
                                        offset + 1,
                                        CHUNK,
                                        sha256))
                .orElseThrow(() -> wrong(sha256));
    }

    private static PlumblineException wrong(String sha256) {
        return new PlumblineException(
                FailureKind.FAULT, "the bytes of a file do not have the SHA-256 " + sha256);
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
        }
    }

    private static String hex(byte[] hash) {
        return HexFormat.of().formatHex(hash);
    }

    /** A file in the database. */
    private final class Stored implements FileBytes {
        private final String sha256;
        private final long size;

        Stored(String sha256, long size) {
            this.sha256 = sha256;
            this.size = size;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public InputStream open() {
            return new Chunks(sha256, size);
        }
    }

    /**
     * A stream that reads chunk by chunk; the hash is checked before the last chunk is returned.
     */
    private final class Chunks extends InputStream {
        private final String sha256;
        private final long size;
        private final MessageDigest digest = digest();
        private byte[] chunk = new byte[0];
        private int at;
        private long taken;

        Chunks(String sha256, long size) {
            this.sha256 = sha256;
            this.size = size;
        }

        @Override
        public int read() {
            return filled() ? chunk[at++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (length == 0) {
                return 0;
            }
            if (!filled()) {
                return -1;
            }
            int count = Math.min(length, chunk.length - at);
            System.arraycopy(chunk, at, into, offset, count);
            at += count;
            return count;
        }

        private boolean filled() {
            if (at < chunk.length) {
                return true;
            }
            if (taken >= size) {
                return false;
            }
            chunk = chunk(sha256, taken);
            at = 0;
            taken += chunk.length;
            digest.update(chunk);
            boolean whole = taken == size && hex(digest.digest()).equals(sha256);
            if (chunk.length == 0 || (taken >= size && !whole)) {
                throw wrong(sha256);
            }
            return true;
        }
    }
}
