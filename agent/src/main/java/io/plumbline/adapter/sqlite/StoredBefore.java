package io.plumbline.adapter.sqlite;

import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The releases that a version without {@link io.plumbline.core.release.HostRules} stored: those
 * whose services lack the third item of {@link ReleaseJson#services}. Read once, because this
 * version adds none.
 */
final class StoredBefore {
    private final Database database;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Set<Key> known;

    StoredBefore(Database database) {
        this.database = database;
    }

    private record Key(String pipeline, String id) {}

    boolean contains(String pipeline, String id) {
        lock.lock();
        try {
            var all = known;
            if (all == null) {
                all = read();
                known = all;
            }
            return all.contains(new Key(pipeline, id));
        } finally {
            lock.unlock();
        }
    }

    private Set<Key> read() {
        return database.read(
                "cannot read which releases an earlier version stored",
                s ->
                        Set.copyOf(
                                s.all(
                                        "SELECT pipeline, id FROM release WHERE"
                                                + " CASE WHEN json_valid(services)"
                                                + " THEN json_extract(services, '$[0][2]') IS NULL"
                                                + " ELSE 0 END",
                                        r -> new Key(r.getString(1), r.getString(2)))));
    }
}
