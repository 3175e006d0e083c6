package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.EventType;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import java.util.HashMap;
import java.util.Map;

/**
 * The writer of an event when a container of a pipeline stops answering, and of one when it answers
 * again or no longer exists. One thread only.
 */
final class UnresponsiveWatch {
    private final ActionLog log;
    private final Map<String, LiveContainer> known = new HashMap<>();

    UnresponsiveWatch(ActionLog log) {
        this.log = log;
    }

    /** Compares an observation with the last one. */
    void look(EngineState seen) {
        var now = new HashMap<String, LiveContainer>();
        for (var c : seen.containers()) {
            var why = seen.unresponsive().containers().get(c.id());
            if (why != null) {
                now.put(c.id(), c);
                if (!known.containsKey(c.id())) {
                    tell(EventType.CONTAINER_UNRESPONSIVE, c, "", "unknown", why.why());
                }
            }
        }
        for (var entry : known.entrySet()) {
            if (!now.containsKey(entry.getKey())) {
                var c = entry.getValue();
                boolean there =
                        seen.containers().stream().anyMatch(x -> x.id().equals(entry.getKey()));
                tell(
                        EventType.CONTAINER_RESPONDS,
                        c,
                        "unknown",
                        "",
                        "container " + c.name() + (there ? " answers again" : " is gone"));
            }
        }
        known.clear();
        known.putAll(now);
    }

    private void tell(EventType type, LiveContainer c, String from, String to, String reason) {
        log.tell(type, c.label(Labels.SERVICE), "state", from, to, reason);
    }
}
