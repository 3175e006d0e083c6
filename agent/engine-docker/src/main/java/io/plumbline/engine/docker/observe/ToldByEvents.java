package io.plumbline.engine.docker.observe;

import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.live.LastEnd;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the events of one engine tell of its containers that no inspection shows: the last exit, and
 * what made a container stop. Safe for several threads.
 */
final class ToldByEvents {
    private final Set<String> dying = ConcurrentHashMap.newKeySet();
    private final Map<String, LastEnd> ends = new ConcurrentHashMap<>();
    private final Map<String, String> changes = new ConcurrentHashMap<>();

    /**
     * Notes what an event tells. The event {@code die} has the exit code, which an inspection no
     * longer shows after the engine has restarted the container.
     */
    void happened(EngineEvent event) {
        change(event).ifPresent(what -> changes.put(event.id(), what));
        if (event.action().equals("oom")) {
            dying.add(event.id());
        }
        if (event.action().equals("die")) {
            var code = event.labels().getOrDefault("exitCode", "");
            boolean outOfMemory = dying.remove(event.id());
            int exit = code.matches("[0-9]{1,9}") ? Integer.parseInt(code) : 0;
            ends.put(event.id(), new LastEnd(exit, outOfMemory));
        }
    }

    /** Returns what an event says about the cause of a container's stop. */
    private Optional<String> change(EngineEvent event) {
        return switch (event.action()) {
            case "kill" -> Optional.of("kill" + with("signal", event));
            case "pause", "destroy", "oom" -> Optional.of(event.action());
            case "start" -> Optional.of("");
            case "die" ->
                    changes.getOrDefault(event.id(), "").isEmpty()
                            ? Optional.of("exit" + with("exitCode", event))
                            : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static String with(String attribute, EngineEvent event) {
        var value = event.labels().getOrDefault(attribute, "");
        return value.matches("[0-9A-Z]{1,9}") ? " with " + attribute + " " + value : "";
    }

    /** Returns what the events say about a container's last stop, empty if nothing. */
    String lastChange(String containerId) {
        return changes.getOrDefault(containerId, "");
    }

    /** Returns the last exit of a container, from its events. */
    LastEnd lastEnd(String containerId) {
        return ends.getOrDefault(containerId, LastEnd.UNKNOWN);
    }

    /** Forgets all other containers. */
    void retain(Set<String> containerIds) {
        ends.keySet().retainAll(containerIds);
        dying.retainAll(containerIds);
        changes.keySet().retainAll(containerIds);
    }
}
