package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.ObjectReader;

/** The reader of files' contents. */
final class Blobs {
    private Blobs() {}

    /** Returns the size of a blob in bytes. */
    static long size(ObjectReader reader, ObjectId id, int limit) throws IOException {
        long size = reader.getObjectSize(id, Constants.OBJ_BLOB);
        if (size > limit) {
            throw tooLarge(id, size, limit);
        }
        return size;
    }

    /** Returns a blob as a stream, which fails at its end if its bytes do not match the id. */
    static InputStream open(ObjectReader reader, ObjectId id) throws IOException {
        var loader = reader.open(id, Constants.OBJ_BLOB);
        var digest = Constants.newMessageDigest();
        digest.update(Constants.encodedTypeString(Constants.OBJ_BLOB));
        digest.update((byte) ' ');
        digest.update(Constants.encodeASCII(loader.getSize()));
        digest.update((byte) 0);
        return new Checked(loader.openStream(), id, digest);
    }

    /** A stream that hashes what is read. */
    private static final class Checked extends DigestInputStream {
        private final ObjectId id;
        private boolean ended;

        Checked(InputStream in, ObjectId id, MessageDigest digest) {
            super(in, digest);
            this.id = id;
        }

        @Override
        public int read() throws IOException {
            return checked(super.read());
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return checked(super.read(into, offset, length));
        }

        private int checked(int got) throws IOException {
            if (got < 0) {
                // Only once at the end, because the digest starts again afterwards.
                on(false);
                if (!ended) {
                    ended = true;
                    if (!ObjectId.fromRaw(getMessageDigest().digest()).equals(id)) {
                        throw new CorruptObjectException(id, "its bytes do not have that hash");
                    }
                }
            }
            return got;
        }
    }

    private static PlumblineException tooLarge(ObjectId id, long size, int limit) {
        return new PlumblineException(
                FailureKind.INVALID,
                "blob "
                        + id.name()
                        + " has "
                        + size
                        + " bytes, more than the "
                        + limit
                        + " that are allowed");
    }

    /** Returns a blob's bytes, checked against the id, which JGit itself does not check. */
    static byte[] read(ObjectReader reader, ObjectId id, int limit) throws IOException {
        var loader = reader.open(id, Constants.OBJ_BLOB);
        if (loader.getSize() > limit) {
            throw tooLarge(id, loader.getSize(), limit);
        }
        byte[] bytes = loader.getBytes(limit);
        try (var formatter = new ObjectInserter.Formatter()) {
            if (!formatter.idFor(Constants.OBJ_BLOB, bytes).equals(id)) {
                throw new CorruptObjectException(id, "its bytes do not have that hash");
            }
        }
        return bytes;
    }
}
