package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.core.placement.Assignment;
import io.plumbline.core.rollout.PlacementRecord;
import io.plumbline.core.rollout.PlacementRecord.Placing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The stored form of a pipeline's placement. A missing key has its empty value. */
final class WhereJson {
    private WhereJson() {}

    static ObjectNode write(PlacementRecord w) {
        ObjectNode json = JsonTree.MAPPER.createObjectNode();
        json.set("placed", assignment(w.placed()));
        var placing = w.placing();
        if (placing != null) {
            json.putObject("placing")
                    .put("release", placing.release())
                    .set("to", assignment(placing.to()));
        }
        var late = json.putArray("late");
        w.late().forEach(late::add);
        var moves = json.putObject("moves");
        w.moves()
                .forEach(
                        (service, ages) -> {
                            var all = moves.putArray(service);
                            ages.forEach(a -> all.add(a.toString()));
                        });
        return json;
    }

    static PlacementRecord read(JsonNode n) {
        var moves = new TreeMap<String, List<Duration>>();
        entries(n.get("moves"))
                .forEach(
                        (service, ages) -> {
                            var all = new ArrayList<Duration>();
                            ages.forEach(a -> all.add(Duration.parse(a.asText())));
                            moves.put(service, List.copyOf(all));
                        });
        var placing = n.get("placing");
        return new PlacementRecord(
                assignment(n.get("placed")),
                placing == null
                        ? null
                        : new Placing(
                                JsonTree.need(placing, "release"), assignment(placing.get("to"))),
                JsonTree.texts(n, "late"),
                moves);
    }

    private static ObjectNode assignment(Assignment a) {
        ObjectNode json = JsonTree.MAPPER.createObjectNode();
        a.counts()
                .forEach(
                        (engine, services) -> {
                            var counts = json.putObject(engine);
                            services.forEach(counts::put);
                        });
        return json;
    }

    private static Assignment assignment(@Nullable JsonNode n) {
        var counts = new TreeMap<String, Map<String, Integer>>();
        entries(n)
                .forEach(
                        (engine, services) -> {
                            var of = new TreeMap<String, Integer>();
                            entries(services).forEach((name, count) -> of.put(name, count.asInt()));
                            counts.put(engine, of);
                        });
        return Assignment.of(counts);
    }

    private static Map<String, JsonNode> entries(@Nullable JsonNode n) {
        var out = new TreeMap<String, JsonNode>();
        if (n != null) {
            n.properties().forEach(e -> out.put(e.getKey(), e.getValue()));
        }
        return out;
    }
}
