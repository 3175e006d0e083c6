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

/** The form of a log in an answer: text, or one JSON object a line. */
enum LogForm {
    /** Each line as it is. A line that is not from the log begins with {@code #}. */
    TEXT,

    /**
     * {@code {line, engine, container, id, at}} or {@code {note}}. An empty line after 15 s without
     * a line shows that the stream is alive.
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
     * Returns an item as a line of the answer.
     *
     * @param times whether a line of text begins with its time; an object always contains it
     */
    String item(LogItem item, boolean times) {
        return switch (item) {
            case LogItem.Line l when this == NDJSON ->
                    line(
                            new LogEntry(
                                    l.text(),
                                    l.engine(),
                                    l.replica(),
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
     * Returns the parameter {@code seen}: comma-separated {@code ID/TIME/LINES}, one for each
     * container. {@code TIME} is the time of the last line seen, {@code LINES} the number of lines
     * seen with this time.
     *
     * @return null if the parameter is missing
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
            // The error follows below.
        }
        throw ApiError.badRequest("seen must be ID/TIME/LINES of each container, with commas");
    }
}
