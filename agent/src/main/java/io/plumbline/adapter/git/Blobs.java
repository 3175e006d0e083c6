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

/** Reads contents of files. */
final class Blobs {
    private Blobs() {}

    /** How many bytes it has. */
    static long size(ObjectReader reader, ObjectId id, int limit) throws IOException {
        long size = reader.getObjectSize(id, Constants.OBJ_BLOB);
        if (size > limit) {
            throw tooLarge(id, size, limit);
        }
        return size;
    }

    /** Its bytes as a stream, which fails at its end if they are not what the id says. */
    static InputStream open(ObjectReader reader, ObjectId id) throws IOException {
        var loader = reader.open(id, Constants.OBJ_BLOB);
        var digest = Constants.newMessageDigest();
        digest.update(Constants.encodedTypeString(Constants.OBJ_BLOB));
        digest.update((byte) ' ');
        digest.update(Constants.encodeASCII(loader.getSize()));
        digest.update((byte) 0);
        return new Checked(loader.openStream(), id, digest);
    }

    /** Hashes what is read. */
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
                // At the end once: digesting begins anew afterwards.
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

    /** The bytes, which are what the id says: JGit itself does not look at that when reading. */
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
