package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource.TreeFile;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;

/** The check whether a mirror can be used: its head and the watched folder. */
final class MirrorCheck {
    private final Repository repository;
    private final String ref;
    private final String path;

    MirrorCheck(Repository repository, String ref, String path) {
        this.repository = repository;
        this.ref = ref;
        this.path = path;
    }

    /** Checks that the commit and the trees can be read and the files exist; throws if not. */
    void quick() throws IOException {
        check(false);
    }

    /** Does the same as {@link #quick()}, and reads every file. */
    void thorough() throws IOException {
        check(true);
    }

    private void check(boolean content) throws IOException {
        if (!repository.getObjectDatabase().exists()) {
            throw new IOException("the mirror has no objects folder");
        }
        Ref head = repository.exactRef(ref);
        if (head == null || head.getObjectId() == null) {
            return;
        }
        try (var reader = repository.newObjectReader()) {
            for (TreeFile file : files(reader, head.getObjectId())) {
                ObjectId id = ObjectId.fromString(file.blob());
                if (file.kind() == TreeFile.Kind.SUBMODULE) {
                    continue;
                }
                if (!reader.has(id)) {
                    throw new IOException("blob " + file.blob() + " is gone");
                }
                if (content) {
                    reader.open(id).getSize();
                    try (var bytes = Blobs.open(reader, id)) {
                        bytes.transferTo(OutputStream.nullOutputStream());
                    }
                }
            }
        }
    }

    /** Returns the files. A commit that is refused for its content is no damage of the mirror. */
    private List<TreeFile> files(ObjectReader reader, ObjectId commit) throws IOException {
        try {
            return new TreeListing(path).of(reader, commit);
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.INVALID) {
                return List.of();
            }
            throw e;
        }
    }
}
