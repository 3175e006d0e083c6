package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.ObjectReader;

/** Reads contents of files. */
final class Blobs {
    private Blobs() {}

    /** The bytes, which are what the id says: JGit itself does not look at that when reading. */
    static byte[] read(ObjectReader reader, ObjectId id, int limit) throws IOException {
        var loader = reader.open(id, Constants.OBJ_BLOB);
        if (loader.getSize() > limit) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "blob "
                            + id.name()
                            + " has "
                            + loader.getSize()
                            + " bytes, more than the "
                            + limit
                            + " that are allowed");
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
