package io.plumbline.adapter.sqlite;

import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The releases that a version without {@link io.plumbline.core.release.HostRules} stored: their
 * services lack the third item of {@link ReleaseJson#services}. The set is read once, because this
 * version adds none. An id identifies one release: it contains a hash of the pipeline's name on the
 * engines, so the pipeline may be renamed.
 */
final class StoredBefore {
    private final Database database;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Set<String> known;

    StoredBefore(Database database) {
        this.database = database;
    }

    boolean contains(String id) {
        lock.lock();
        try {
            var all = known;
            if (all == null) {
                all = read();
                known = all;
            }
            return all.contains(id);
        } finally {
            lock.unlock();
        }
    }

    private Set<String> read() {
        return database.read(
                "cannot read which releases an earlier version stored",
                s ->
                        Set.copyOf(
                                s.all(
                                        "SELECT id FROM release WHERE"
                                                + " CASE WHEN json_valid(services)"
                                                + " THEN json_extract(services, '$[0][2]') IS NULL"
                                                + " ELSE 0 END",
                                        r -> r.getString(1))));
    }
}
