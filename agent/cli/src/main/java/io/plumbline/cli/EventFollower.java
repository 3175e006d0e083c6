package io.plumbline.cli;

import io.plumbline.api.Event;
import io.plumbline.cli.AgentClient.Answered;
import java.util.LinkedHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream of server-sent events (HTML Living Standard, section 9.2.6) over several
 * connections. Each connection begins after the last sequence number, so that no event is missed or
 * shown twice. An event without its closing blank line is ignored.
 */
final class EventFollower implements Reconnection.Reader {
    private static final String RESET = "SequenceReset";

    private final CliContext around;
    private final String path;
    private final @Nullable Long after;
    private final int last;
    private final Consumer<Answered> show;

    private boolean begun;
    private long cursor = -1;
    private long id = -1;
    private String type = "";
    private final StringBuilder data = new StringBuilder();

    /**
     * Creates a reader.
     *
     * @param path of the events
     * @param after the sequence number to begin after; null to begin with the newest events
     * @param last number of newest events to begin with
     * @param show receives each event
     */
    EventFollower(
            CliContext around,
            String path,
            @Nullable Long after,
            int last,
            Consumer<Answered> show) {
        this.around = around;
        this.path = path;
        this.after = after;
        this.last = last;
        this.show = show;
    }

    @Override
    public String path() {
        var query = new LinkedHashMap<String, @Nullable Object>();
        if (cursor >= 0) {
            query.put("after", cursor);
        } else {
            query.put("last", begun ? 0 : last);
            query.put("after", after);
        }
        return path + AgentClient.query(query);
    }

    @Override
    public String accepts() {
        return "text/event-stream";
    }

    @Override
    public boolean quiet() {
        return false;
    }

    @Override
    public boolean endsInOrder() {
        return false;
    }

    @Override
    public void connected() {
        begun = true;
        forget();
    }

    @Override
    public boolean take(String line) {
        int colon = line.indexOf(':');
        if (line.isEmpty()) {
            dispatch();
        } else if (colon > 0) {
            var value = line.substring(colon + 1);
            field(line.substring(0, colon), value.startsWith(" ") ? value.substring(1) : value);
        }
        return !around.out().checkError();
    }

    private void field(String name, String value) {
        switch (name) {
            case "id" -> id = number(value);
            case "event" -> type = value;
            case "data" -> data.append(value);
            default -> {}
        }
    }

    private void dispatch() {
        if (type.equals(RESET)) {
            reset(parsed(data.toString()).as(Event.SequenceReset.class));
        } else if (id > cursor) {
            if (!data.isEmpty()) {
                show.accept(parsed(data.toString()));
            }
            cursor = id;
        }
        forget();
    }

    private void reset(Event.SequenceReset data) {
        cursor = -1;
        around.out().flush();
        around.err().println("plumb: " + data.reason());
        around.err().flush();
    }

    private void forget() {
        id = -1;
        type = "";
        data.setLength(0);
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Answered parsed(String data) {
        return AgentClient.parsed(data, "an event");
    }
}
