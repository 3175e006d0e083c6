package io.plumbline.adapter.sqlite;

import io.plumbline.core.release.Release;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The cache of the releases that were read last. A stored release never changes, so entries never
 * expire.
 */
final class ReleaseCache {
    private static final int MOST = 128;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Key, Release> releases =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Release> eldest) {
                    return size() > MOST;
                }
            };

    private record Key(String pipeline, String id) {}

    Optional<Release> get(String pipeline, String id, Supplier<Optional<Release>> read) {
        var key = new Key(pipeline, id);
        lock.lock();
        try {
            Release known = releases.get(key);
            if (known != null) {
                return Optional.of(known);
            }
        } finally {
            lock.unlock();
        }
        Optional<Release> found = read.get();
        found.ifPresent(
                release -> {
                    lock.lock();
                    try {
                        releases.put(key, release);
                    } finally {
                        lock.unlock();
                    }
                });
        return found;
    }
}
