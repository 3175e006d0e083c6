package io.plumbline.adapter.docker;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.core.observed.Labels;
import io.plumbline.port.Engine.EngineEvent;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The engine's events that can matter, one JSON object a line. The engine filters by kind and
 * action: a filter by label would drop the events of networks, images and volumes. Left out are
 * {@code exec_*} and {@code top}, of which health checks make three each time.
 */
final class EventStream {
    private static final List<String> KINDS = List.of("container", "network", "image", "volume");

    private static final List<String> ACTIONS =
            List.of(
                    "create",
                    "start",
                    "die",
                    "stop",
                    "pause",
                    "unpause",
                    "rename",
                    "update",
                    "oom",
                    "destroy",
                    "health_status",
                    "connect",
                    "disconnect",
                    "remove",
                    "delete",
                    "untag",
                    "tag",
                    "pull",
                    "load",
                    "import");

    private EventStream() {}

    /** The request's path; {@code sinceNanos} 0 asks for what comes from now on. */
    static String path(long sinceNanos) {
        String filters =
                EngineWire.JSON.valueToTree(Map.of("type", KINDS, "event", ACTIONS)).toString();
        String since =
                sinceNanos == 0
                        ? ""
                        : "&since="
                                + sinceNanos / TimeUnit.SECONDS.toNanos(1)
                                + "."
                                + String.format("%09d", sinceNanos % TimeUnit.SECONDS.toNanos(1));
        return "/events?filters=" + ImageTransfers.encoded(filters) + since;
    }

    /** Hands on events until the stream ends; other agents' containers are left out. */
    static void read(
            InputStream body, BooleanSupplier closed, String agent, Consumer<EngineEvent> events)
            throws IOException {
        AnswerLimits.Lines lines = new AnswerLimits.Lines(body);
        for (String line = lines.next();
                line != null && !closed.getAsBoolean();
                line = lines.next()) {
            if (!line.isBlank()) {
                EngineEvent event = event(EngineWire.JSON.readTree(line));
                boolean foreign =
                        event.kind().equals("container")
                                && !agent.equals(event.labels().get(Labels.AGENT));
                if (!foreign) {
                    events.accept(event);
                }
            }
        }
    }

    private static EngineEvent event(JsonNode json) {
        JsonNode actor = json.path("Actor");
        String kind = InspectReader.text(json, "Type");
        SortedMap<String, String> attributes = InspectReader.strings(actor.path("Attributes"));
        return new EngineEvent(
                json.path("timeNano").asLong(),
                kind,
                InspectReader.text(json, "Action"),
                InspectReader.text(actor, "ID"),
                attributes,
                kind.equals("network") ? attributes.get("container") : null);
    }
}
