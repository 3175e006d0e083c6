package io.plumbline.adapter.sqlite;

import io.plumbline.port.FileBytes;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file of {@link FolderArtifacts}. Its bytes are checked while they are read: a read fails before
 * the end if they do not have the file's hash.
 *
 * @param store where it is
 * @param file its path
 * @param sha256 64 hex digits of the bytes' hash
 * @param size bytes
 */
record StoredArtifact(FolderArtifacts store, Path file, String sha256, long size)
        implements FileBytes {
    private static final int SKIPPED_AT_ONCE = 64 << 10;

    @Override
    public InputStream open() throws IOException {
        var found =
                store.ask(sha256)
                        .orElseThrow(
                                () ->
                                        new NoSuchFileException(
                                                file.toString(),
                                                null,
                                                "the artifact is not stored"));
        return new Checked(Files.newInputStream(file), found.size(), found.fileKey());
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
        }
    }

    /** The bytes, which are checked before the last of them are given away. */
    private final class Checked extends FilterInputStream {
        private final Object key;
        private final MessageDigest digest = newDigest();
        private long left;
        private boolean checked;

        Checked(InputStream in, long size, Object key) {
            super(in);
            this.left = size;
            this.key = key;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int got = in.read(into, offset, length);
            if (got > 0) {
                digest.update(into, offset, got);
                left -= got;
            }
            if (left < 0 || (got < 0 && left > 0)) {
                throw damaged();
            }
            if (left == 0 && !checked) {
                checked = true;
                if (!HexFormat.of().formatHex(digest.digest()).equals(sha256)) {
                    throw damaged();
                }
            }
            return got;
        }

        private IOException damaged() {
            store.damaged(sha256, key);
            return new IOException(
                    "the stored artifact " + file + " is damaged: it does not have its hash");
        }

        /** Reads what it skips, so that the hash covers it. */
        @Override
        public long skip(long bytes) throws IOException {
            if (bytes <= 0) {
                return 0;
            }
            return Math.max(0, read(new byte[(int) Math.min(bytes, SKIPPED_AT_ONCE)]));
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
