package io.plumbline.enginesim;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** An engine's events: the last 256 are remembered, as a real engine does. */
final class SimEvents {
    private static final int REMEMBERED = 256;

    private final Deque<Event> last = new ArrayDeque<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private long time;

    /** One line of the stream. */
    record Event(long nanos, String kind, String action, String line) {}

    /**
     * Somebody who listens.
     *
     * @param kinds empty for all
     * @param actions empty for all; {@code health_status} means all of its words
     */
    record Listener(Set<String> kinds, Set<String> actions, Consumer<String> lines) {
        void tell(Event e) {
            var action = e.action().split(":", 2)[0];
            if ((kinds.isEmpty() || kinds.contains(e.kind()))
                    && (actions.isEmpty() || actions.contains(action))) {
                lines.accept(e.line());
            }
        }
    }

    synchronized void container(String action, SimContainer c) {
        var attributes = new TreeMap<>(c.labels);
        attributes.put("image", c.shape.config().path("Image").asText());
        attributes.put("name", c.name);
        if (action.equals("die")) {
            attributes.put("exitCode", Integer.toString(c.exitCode));
        }
        tell("container", action, c.id, attributes);
    }

    synchronized void tell(String kind, String action, String id, Map<String, String> attributes) {
        var now = Instant.now();
        time = Math.max(time + 1, now.getEpochSecond() * 1_000_000_000L + now.getNano());
        var line = SimJson.MAPPER.createObjectNode();
        if (kind.equals("container")) {
            line.put("status", action).put("id", id).put("from", attributes.get("image"));
        }
        line.put("Type", kind).put("Action", action);
        var actor = line.putObject("Actor").put("ID", id).putObject("Attributes");
        attributes.forEach(actor::put);
        line.put("scope", "local").put("time", time / 1_000_000_000L).put("timeNano", time);
        var event = new Event(time, kind, action, line.toString());
        last.addLast(event);
        if (last.size() > REMEMBERED) {
            last.removeFirst();
        }
        listeners.forEach(l -> l.tell(event));
    }

    /** Tells what is remembered since then, then what comes. */
    synchronized void listen(Listener listener, long sinceNanos) {
        if (sinceNanos > 0) {
            new ArrayList<>(last)
                    .stream().filter(e -> e.nanos() >= sinceNanos).forEach(listener::tell);
        }
        listeners.add(listener);
    }

    void leave(Listener listener) {
        listeners.remove(listener);
    }

    int listeners() {
        return listeners.size();
    }

    /** {@code 1795435948.997215131} as nanoseconds; 0 for nothing. */
    static long nanos(String since) {
        if (since.isEmpty()) {
            return 0;
        }
        var parts = since.split("\\.", 2);
        long fraction =
                parts.length < 2 ? 0 : Long.parseLong((parts[1] + "000000000").substring(0, 9));
        return Long.parseLong(parts[0]) * 1_000_000_000L + fraction;
    }
}
