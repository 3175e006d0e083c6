package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.api.Json;
import io.plumbline.api.LogEntry;
import io.plumbline.port.LogCursor;
import io.plumbline.port.LogItem;
import io.plumbline.port.LogLine;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a log is written: as text, or as one JSON object a line. */
enum LogForm {
    /** Each line as it is; what is no line of the log begins with {@code #}. */
    TEXT,

    /**
     * {@code {line, engine, container, id, at}} or {@code {note}}; an empty line every 15 s says
     * that the stream is alive.
     */
    NDJSON;

    private static final String TYPE = "application/x-ndjson";
    private static final int MOST_SEEN = 100;

    static LogForm of(ApiRequest ask) {
        return ask.accepts(TYPE) ? NDJSON : TEXT;
    }

    String type() {
        return this == NDJSON ? TYPE : "text/plain; charset=utf-8";
    }

    boolean hasHeartbeats() {
        return this == NDJSON;
    }

    /**
     * An item as a line of the answer.
     *
     * @param times whether each line of text begins with its time; an object always has it
     */
    String item(LogItem item, boolean times) {
        return switch (item) {
            case LogItem.Line l when this == NDJSON ->
                    line(
                            new LogEntry(
                                    l.text(),
                                    l.engine(),
                                    l.container(),
                                    l.id().isEmpty() ? null : l.id(),
                                    l.at() == null ? null : l.at().toString()));
            case LogItem.Line l -> times ? new LogLine(l.at(), l.text()).timed() : l.text();
            case LogItem.Joined j -> note(j.sentence());
            case LogItem.Note n -> note(n.sentence());
        };
    }

    private String note(String sentence) {
        return this == NDJSON ? line(new LogEntry.Note(sentence)) : "# " + sentence;
    }

    private static String line(Record record) {
        return Json.write(Codec.plain(record));
    }

    /**
     * The parameter {@code seen}: for each container {@code ID/TIME/LINES}, the time of the last
     * line seen and how many lines of that time; separated by commas. Null when it is not given.
     */
    static @Nullable List<LogCursor> seen(ApiRequest ask) {
        var text = ask.request().getParam("seen");
        if (text == null) {
            return null;
        }
        var out = new ArrayList<LogCursor>();
        for (var one : text.isEmpty() ? new String[0] : text.split(",", MOST_SEEN)) {
            out.add(cursor(one));
        }
        return List.copyOf(out);
    }

    private static LogCursor cursor(String text) {
        var parts = text.split("/", -1);
        try {
            if (parts.length == 3 && parts[0].matches("[0-9A-Za-z]{1,64}")) {
                return new LogCursor(parts[0], Instant.parse(parts[1]), Integer.parseInt(parts[2]));
            }
        } catch (DateTimeException | NumberFormatException e) {
            // answered below
        }
        throw ApiError.badRequest("seen must be ID/TIME/LINES of each container, with commas");
    }
}
