package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.api.Event;
import io.plumbline.api.Json;
import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Principal;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.port.Control;
import io.plumbline.server.PastEvents.Filter;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint for events: an array or a stream of server-sent events (HTML Living Standard,
 * section 9.2).
 *
 * <p>A stream has no queue. It keeps the sequence number of the last event that it wrote and reads
 * the next events from the ledger after each notification. A reader that reconnects with {@code
 * Last-Event-ID} or {@code after} receives the events in between.
 *
 * <p>The first {@code id} of a stream comes without an event, so that a reader can reconnect even
 * before the first event. If a reader asks for a larger sequence number than any on record, the
 * ledger was lost. Then the stream sends the event {@code SequenceReset} and all events on record.
 */
final class EventStreamEndpoint {
    private static final int PAGE = 200;
    private static final int MOST = 1000;
    private static final long HEARTBEAT_SECONDS = 15;
    private static final String RESET = "SequenceReset";

    private final Control control;
    private final PastEvents past;

    EventStreamEndpoint(Control control) {
        this.control = control;
        this.past = new PastEvents(control);
    }

    /**
     * Returns the newest {@code limit} events, or those after the sequence number {@code after},
     * that pass the filter of the query.
     */
    ApiResponse array(ApiRequest ask) {
        var filter = filter(ask);
        var limit = (int) ask.number("limit", 100, 1, MOST);
        var after = ask.number("after", -1, 0, Long.MAX_VALUE);
        var events = after < 0 ? past.newest(filter, limit) : past.after(filter, after, limit);
        return ApiResponse.each(events, ApiRecords::event);
    }

    private Filter filter(ApiRequest ask) {
        var types = ask.request().getParam("type");
        return new Filter(
                ask.principal(),
                pipeline(ask),
                ask.request().getParam("deployment"),
                ask.time("since").orElse(Instant.MIN),
                types == null ? Set.of() : Set.of(types.split(",")));
    }

    /**
     * Streams events until the reader disconnects. The stream begins after the given sequence
     * number, or with the newest {@code last} events.
     */
    void stream(ApiRequest ask) throws Exception {
        var pipeline = pipeline(ask);
        var last = (int) ask.number("last", 0, 0, MOST);
        var cursor = ask.number("after", lastEventId(ask), -1, Long.MAX_VALUE);
        var news = new Semaphore(0);
        try (var _ = control.subscribe(_ -> news.release());
                var out = new Outlet(ask.request(), "text/event-stream")) {
            out.write(": plumbline\n\n");
            if (cursor < 0) {
                cursor = newest(ask.principal(), out, pipeline, last);
            } else if (cursor > newestOfAll()) {
                out.write(reset(cursor));
                cursor = 0;
            }
            out.write("id: " + cursor + "\n\n");
            follow(ask.principal(), out, pipeline, cursor, news);
        } catch (InterruptedException e) {
            // The reader disconnected or reads nothing, or the server closes.
        }
    }

    private void follow(
            Principal principal, Outlet out, @Nullable String pipeline, long from, Semaphore news)
            throws InterruptedException {
        var cursor = from;
        while (true) {
            var page = control.events(pipeline, cursor, PAGE);
            if (!page.isEmpty()) {
                var visible = Filter.of(principal, pipeline).of(page);
                if (!visible.isEmpty()) {
                    out.write(text(visible));
                }
                cursor = page.getLast().seq();
            } else if (news.tryAcquire(HEARTBEAT_SECONDS, TimeUnit.SECONDS)) {
                news.drainPermits();
            } else {
                out.write(": still here\n\n");
            }
        }
    }

    /** Writes the newest events and returns the sequence number to continue from. */
    private long newest(Principal principal, Outlet out, @Nullable String pipeline, int last)
            throws InterruptedException {
        var newest = control.lastEvents(pipeline, 1);
        if (newest.isEmpty()) {
            return 0;
        }
        if (last == 0) {
            return newest.getLast().seq();
        }
        var events = past.newest(Filter.of(principal, pipeline), last);
        if (events.isEmpty()) {
            return newest.getLast().seq();
        }
        out.write(text(events));
        return events.getLast().seq();
    }

    private long newestOfAll() {
        var newest = control.lastEvents(null, 1);
        return newest.isEmpty() ? 0 : newest.getLast().seq();
    }

    private static String reset(long after) {
        var data =
                new Event.SequenceReset(
                        RESET,
                        after,
                        "no event with the sequence number "
                                + after
                                + " is on record: the agent's ledger was lost or restored"
                                + " from a backup. All events on record follow");
        return "event: " + RESET + "\ndata: " + Json.write(Codec.plain(data)) + "\n\n";
    }

    private static String text(List<PipelineEvent> events) {
        var text = new StringBuilder();
        for (var e : events) {
            text.append("id: ").append(e.seq()).append('\n');
            text.append("event: ").append(e.type().replaceAll("[\\r\\n]", " ")).append('\n');
            text.append("data: ")
                    .append(Json.write(Codec.plain(ApiRecords.event(e))))
                    .append("\n\n");
        }
        return text.toString();
    }

    private @Nullable String pipeline(ApiRequest ask) {
        if (ask.context().pathParam("name") != null) {
            var name = ask.pipeline();
            if (control.lastEvents(name, 1).isEmpty()) {
                // The events of a removed pipeline stay on record.
                control.status(name);
            }
            return name;
        }
        var name = ask.request().getParam("pipeline");
        if (name != null && !ask.principal().may(Permission.VIEW, name)) {
            throw Guard.denied(ask.principal(), Permission.VIEW.word(), ApiRequest.shown(name));
        }
        return name == null ? null : ApiRequest.checkedPipeline(name);
    }

    private static long lastEventId(ApiRequest ask) {
        var header = ask.request().getHeader("Last-Event-ID");
        if (header == null) {
            return -1;
        }
        try {
            return Math.max(Long.parseLong(header.strip()), -1);
        } catch (NumberFormatException e) {
            throw ApiError.badRequest("Last-Event-ID must be a sequence number");
        }
    }
}
