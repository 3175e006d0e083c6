package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.OperatorHold;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.PipelineState.Gone;
import io.plumbline.core.rollout.PlacementRecord;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.verify.Verified;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a pipeline's state, of a deployment and of a stage. Null values are omitted. A
 * key that is missing, because an older version wrote the record, has its empty value.
 */
final class StateJson {
    private StateJson() {}

    /** A record that cannot be parsed. */
    static final class Unreadable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unreadable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    static String write(PipelineState s) {
        ObjectNode json = JsonTree.MAPPER.createObjectNode();
        json.put("pipeline", s.pipeline());
        json.put("repository", s.repository());
        put(json, "deployed", s.deployed());
        texts(json, "line", s.line());
        var quarantined = json.putArray("quarantined");
        s.quarantined().forEach(q -> quarantined.add(quarantine(q)));
        if (s.deployment() != null) {
            json.set("deployment", deployment(s.deployment()));
        }
        word(json, "paused", s.paused());
        word(json, "hold", s.hold());
        put(json, "leftAt", s.leftAt());
        put(json, "blockedHead", s.blockedHead());
        json.put("settled", s.settled());
        json.put("refusedSecrets", s.refusedSecrets());
        texts(json, "condemned", s.condemned());
        json.put("gone", lower(s.gone()));
        if (!s.where().equals(PlacementRecord.NOWHERE)) {
            json.set("where", WhereJson.write(s.where()));
        }
        put(json, "irreversible", s.irreversible());
        if (!s.lostHealth().isEmpty()) {
            var lost = json.putArray("lostHealth");
            s.lostHealth().forEach(l -> lost.add(HealthJson.lost(l)));
        }
        if (s.healthAck() != null) {
            json.set("healthAck", HealthJson.ack(s.healthAck()));
        }
        if (!s.engineName().equals(s.pipeline())) {
            json.put("engineName", s.engineName());
        }
        if (!s.was().isEmpty()) {
            texts(json, "was", s.was());
        }
        return json.toString();
    }

    /** Parses the result of {@link #write(PipelineState)}, or throws {@link Unreadable}. */
    static PipelineState read(String json) {
        return reading(
                json,
                n ->
                        new PipelineState(
                                JsonTree.need(n, "pipeline"),
                                JsonTree.need(n, "repository"),
                                JsonTree.text(n, "deployed"),
                                JsonTree.texts(n, "line"),
                                JsonTree.list(n.get("quarantined"), StateJson::quarantine),
                                n.hasNonNull("deployment") ? deployment(n.get("deployment")) : null,
                                word(n.get("paused")),
                                word(n.get("hold")),
                                JsonTree.text(n, "leftAt"),
                                JsonTree.text(n, "blockedHead"),
                                JsonTree.flag(n, "settled", true),
                                JsonTree.text(n, "refusedSecrets", ""),
                                JsonTree.texts(n, "condemned"),
                                Gone.valueOf(
                                        JsonTree.text(n, "gone", "no").toUpperCase(Locale.ROOT)),
                                n.hasNonNull("where")
                                        ? WhereJson.read(n.get("where"))
                                        : PlacementRecord.NOWHERE,
                                JsonTree.text(n, "irreversible"),
                                JsonTree.list(n.get("lostHealth"), HealthJson::lost),
                                n.hasNonNull("healthAck")
                                        ? HealthJson.ack(n.get("healthAck"))
                                        : null,
                                JsonTree.text(n, "engineName", JsonTree.need(n, "pipeline")),
                                JsonTree.texts(n, "was")));
    }

    /** Returns the stored form without the stages, which have records of their own. */
    static String write(DeploymentRecord d) {
        return deployment(d).toString();
    }

    /** Parses the result of {@link #write(Deployment)}, or throws {@link Unreadable}. */
    static DeploymentRecord readDeployment(String json) {
        return reading(json, StateJson::deployment);
    }

    static String write(StageRecord r) {
        ObjectNode json = JsonTree.MAPPER.createObjectNode();
        json.put("name", r.name());
        json.put("state", r.state().word());
        json.put("reason", r.reason());
        json.put("note", r.note());
        json.put("waited", r.waited().toString());
        put(json, "startedAt", r.startedAt());
        put(json, "finishedAt", r.finishedAt());
        return json.toString();
    }

    /** Parses the result of {@link #write(StageRecord)}, or throws {@link Unreadable}. */
    static StageRecord readStage(String json) {
        return reading(
                json,
                n ->
                        new StageRecord(
                                JsonTree.need(n, "name"),
                                StageRecord.State.parse(JsonTree.need(n, "state")),
                                JsonTree.text(n, "reason", ""),
                                JsonTree.text(n, "note", ""),
                                JsonTree.duration(n, "waited", Duration.ZERO),
                                n.hasNonNull("startedAt") ? JsonTree.instant(n, "startedAt") : null,
                                n.hasNonNull("finishedAt")
                                        ? JsonTree.instant(n, "finishedAt")
                                        : null));
    }

    private interface Reading<T> {
        T of(JsonNode node);
    }

    private static <T> T reading(String json, Reading<T> reading) {
        try {
            return reading.of(JsonTree.parse(json));
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
            throw new Unreadable("a record of the ledger cannot be read: " + e.getMessage(), e);
        }
    }

    private static ObjectNode deployment(DeploymentRecord d) {
        ObjectNode json = JsonTree.MAPPER.createObjectNode();
        json.put("id", d.id());
        json.put("release", d.release());
        json.put("commit", d.commit());
        put(json, "from", d.from());
        json.put("state", d.state().word());
        json.put("reason", d.reason());
        json.put("by", d.by());
        json.put("trigger", d.trigger().word());
        put(json, "target", d.target());
        json.put("attempt", d.attempt());
        put(json, "retryIn", d.retryIn());
        json.put("progressLeft", d.progressLeft().toString());
        json.put("startedAt", d.startedAt().toString());
        put(json, "finishedAt", d.finishedAt());
        verified(json, d.verified());
        evidence(json, d.evidence());
        return json;
    }

    private static DeploymentRecord deployment(JsonNode n) {
        return new DeploymentRecord(
                JsonTree.need(n, "id"),
                JsonTree.need(n, "release"),
                JsonTree.need(n, "commit"),
                JsonTree.text(n, "from"),
                DeploymentState.parse(JsonTree.need(n, "state")),
                JsonTree.text(n, "reason", ""),
                JsonTree.text(n, "by", ""),
                Trigger.parse(JsonTree.need(n, "trigger")),
                JsonTree.text(n, "target"),
                JsonTree.number(n, "attempt", 1),
                n.hasNonNull("retryIn") ? JsonTree.duration(n, "retryIn", Duration.ZERO) : null,
                JsonTree.duration(n, "progressLeft", Duration.ZERO),
                JsonTree.instant(n, "startedAt"),
                n.hasNonNull("finishedAt") ? JsonTree.instant(n, "finishedAt") : null,
                n.hasNonNull("verified") ? verified(n.get("verified")) : null,
                n.hasNonNull("evidence") ? evidence(n.get("evidence")) : null);
    }

    private static void evidence(ObjectNode json, @Nullable Evidence e) {
        if (e != null) {
            json.putObject("evidence")
                    .put("kind", e.kind().word())
                    .put("observed", e.observed())
                    .put("source", e.source())
                    .put("quote", e.quote())
                    .put("control", e.control());
        }
    }

    private static Evidence evidence(JsonNode n) {
        return new Evidence(
                Evidence.Kind.parse(JsonTree.need(n, "kind")),
                JsonTree.text(n, "observed", ""),
                JsonTree.text(n, "source", ""),
                JsonTree.text(n, "quote", ""),
                JsonTree.text(n, "control", ""));
    }

    private static void verified(ObjectNode json, @Nullable Verified v) {
        if (v != null) {
            json.putObject("verified")
                    .put("commit", v.commit())
                    .put("key", v.key())
                    .put("issuer", v.issuer())
                    .put("signer", v.signer())
                    .put("method", v.method().word())
                    .put("at", v.at().toString())
                    .put("signature", v.signature());
        }
    }

    private static Verified verified(JsonNode n) {
        return new Verified(
                JsonTree.need(n, "commit"),
                JsonTree.need(n, "key"),
                JsonTree.need(n, "issuer"),
                JsonTree.text(n, "signer", ""),
                Verified.Method.parse(JsonTree.need(n, "method")),
                JsonTree.instant(n, "at"),
                JsonTree.text(n, "signature", ""));
    }

    private static ObjectNode quarantine(Quarantine q) {
        ObjectNode json = JsonTree.MAPPER.createObjectNode();
        json.put("release", q.release());
        json.put("source", q.source());
        json.put("commit", q.commit());
        json.put("cause", q.cause().word());
        json.put("reason", q.reason());
        json.put("by", q.by());
        json.put("at", q.at().toString());
        return json;
    }

    private static Quarantine quarantine(JsonNode n) {
        return new Quarantine(
                JsonTree.text(n, "release", ""),
                JsonTree.text(n, "source", ""),
                JsonTree.text(n, "commit", ""),
                cause(JsonTree.need(n, "cause")),
                JsonTree.text(n, "reason", ""),
                JsonTree.text(n, "by", ""),
                JsonTree.instant(n, "at"));
    }

    private static Quarantine.Cause cause(String word) {
        for (var cause : Quarantine.Cause.values()) {
            if (cause.word().equals(word)) {
                return cause;
            }
        }
        throw new IllegalArgumentException("no cause " + word);
    }

    private static void word(ObjectNode json, String key, @Nullable OperatorHold word) {
        if (word != null) {
            json.putObject(key)
                    .put("by", word.by())
                    .put("at", word.at().toString())
                    .put("reason", word.reason());
        }
    }

    private static @Nullable OperatorHold word(@Nullable JsonNode n) {
        if (n == null || n.isNull()) {
            return null;
        }
        return new OperatorHold(
                JsonTree.text(n, "by", ""),
                n.hasNonNull("at") ? JsonTree.instant(n, "at") : Instant.EPOCH,
                JsonTree.text(n, "reason", ""));
    }

    private static void put(ObjectNode json, String key, @Nullable Object value) {
        if (value != null) {
            json.put(key, value.toString());
        }
    }

    private static void texts(ObjectNode json, String key, List<String> values) {
        var array = json.putArray(key);
        values.forEach(array::add);
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
