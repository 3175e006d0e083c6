package io.plumbline.runtime;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The engines and what watches them, in the order of the configuration. */
final class Fleet implements AutoCloseable {
    private final Map<String, EngineWatcher> engines = new LinkedHashMap<>();

    Fleet(Collection<EngineWatcher> watchers) {
        watchers.forEach(w -> engines.put(w.engine().name(), w));
    }

    Collection<EngineWatcher> all() {
        return engines.values();
    }

    /** One that is configured. */
    EngineWatcher engine(String name) {
        var found = engines.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no engine " + name);
        }
        return found;
    }

    Optional<EngineWatcher> find(String name) {
        return Optional.ofNullable(engines.get(name));
    }

    /** Those of these names that are configured, in the order of the configuration. */
    List<EngineWatcher> of(Collection<String> names) {
        var out = new ArrayList<EngineWatcher>();
        engines.forEach(
                (name, watcher) -> {
                    if (names.contains(name)) {
                        out.add(watcher);
                    }
                });
        return out;
    }

    void start() {
        engines.values().forEach(EngineWatcher::start);
    }

    @Override
    public void close() {
        engines.values().forEach(EngineWatcher::close);
    }
}
