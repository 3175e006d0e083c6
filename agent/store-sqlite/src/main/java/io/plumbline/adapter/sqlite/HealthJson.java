package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.LostHealth;
import io.plumbline.core.workload.Verdict;
import java.util.Locale;

/** The stored form of a pipeline's health, as JSON. */
final class HealthJson {
    private HealthJson() {}

    static ObjectNode lost(LostHealth l) {
        return JsonTree.MAPPER
                .createObjectNode()
                .put("engine", l.engine())
                .put("service", l.service())
                .put("replica", l.replica())
                .put("container", l.name())
                .put("verdict", LostHealth.word(l.verdict()))
                .put("since", l.since().toString());
    }

    static LostHealth lost(JsonNode n) {
        return new LostHealth(
                JsonTree.need(n, "engine"),
                JsonTree.need(n, "service"),
                JsonTree.number(n, "replica", 1),
                JsonTree.text(n, "container", ""),
                Verdict.valueOf(JsonTree.need(n, "verdict").toUpperCase(Locale.ROOT)),
                JsonTree.instant(n, "since"));
    }

    static ObjectNode ack(HealthAck a) {
        ObjectNode json =
                JsonTree.MAPPER
                        .createObjectNode()
                        .put("by", a.by())
                        .put("at", a.at().toString())
                        .put("until", a.until().toString())
                        .put("reason", a.reason());
        var services = json.putArray("services");
        a.services().forEach(services::add);
        return json;
    }

    static HealthAck ack(JsonNode n) {
        return new HealthAck(
                JsonTree.text(n, "by", ""),
                JsonTree.instant(n, "at"),
                JsonTree.instant(n, "until"),
                JsonTree.text(n, "reason", ""),
                JsonTree.texts(n, "services"));
    }
}
