package io.plumbline.adapter.git;

import java.io.IOException;
import java.io.InputStream;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.lib.BaseRepositoryBuilder;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.transport.PackParser;

/** The repository of a mirror. Packs that a fetch adds pass {@link Received}. */
final class MirrorRepository extends FileRepository {
    private volatile Received received = new Received(Received.DEFAULT_PACK);

    MirrorRepository(BaseRepositoryBuilder<?, ?> options) throws IOException {
        super(options);
    }

    /** Sets the limits of the fetch that begins. */
    void limit(Received fetch) {
        received = fetch;
    }

    @Override
    public ObjectInserter newObjectInserter() {
        var inserter = super.newObjectInserter();
        return new ObjectInserter.Filter() {
            @Override
            protected ObjectInserter delegate() {
                return inserter;
            }

            @Override
            public PackParser newPackParser(InputStream in) throws IOException {
                return inserter.newPackParser(received.pack(in));
            }
        };
    }
}
