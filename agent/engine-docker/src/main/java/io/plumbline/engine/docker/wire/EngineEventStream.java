package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.live.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The engine's events that the agent uses, one JSON object a line. The engine filters by kind and
 * action, because a filter by label would drop the events of networks, images and volumes. The
 * filter omits {@code exec_*} and {@code top}, because each health check causes three of them.
 */
final class EngineEventStream {
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

    private EngineEventStream() {}

    /** Returns the request's path; {@code sinceNanos} 0 asks for future events only. */
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

    /** Passes events on until the stream ends, without those of other agents' containers. */
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
