package io.plumbline.server;

import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.Word;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.PipelineStatus.EngineStatus;
import io.plumbline.core.status.PipelineStatus.RollbackTarget;
import io.plumbline.core.status.PipelineStatus.ServiceStatus;
import io.plumbline.core.status.StatusAt;
import io.plumbline.port.GitSource.CommitInfo;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Status as JSON, see docs/reference.md: every key is there, what is not known is null. */
final class JsonStatus {
    private JsonStatus() {}

    /**
     * A pipeline's status.
     *
     * @param commits what is known of a commit, by its full id
     */
    static JsonObject of(PipelineStatus s, Function<String, Optional<CommitInfo>> commits) {
        return new JsonObject()
                .put("pipeline", s.pipeline())
                .put("state", s.state().word())
                .put("reason", s.reason())
                .put("health", s.health().word())
                .put("healthReason", s.healthReason())
                .put("healthAcknowledged", ack(s.healthAck()))
                .put("release", s.release())
                .put("commit", s.commit())
                .put("head", s.head())
                .put("stableRelease", s.stableRelease())
                .put("stableCommit", s.stableCommit())
                .put("hold", word(s.hold()))
                .put("paused", word(s.paused()))
                .put("quarantined", array(s.quarantined(), JsonStatus::quarantine))
                .put(
                        "deployment",
                        s.deployment() == null ? null : JsonRecord.deployment(s.deployment()))
                .put("rollback", rollback(s.rollback()))
                .put("observedAt", time(s.observedAt()))
                .put("engines", array(s.engines(), JsonStatus::engine))
                .put("services", array(s.services(), JsonStatus::service))
                .put("engineName", s.engineName())
                .put("was", new JsonArray(s.was()))
                .put("commits", array(named(s, commits), JsonStatus::commit));
    }

    /** A status at an earlier time. */
    static JsonObject past(StatusAt.Past p) {
        return new JsonObject()
                .put("pipeline", p.pipeline())
                .put("at", time(p.at()))
                .put("state", p.state().word())
                .put("health", p.health().word())
                .put("release", p.release().isEmpty() ? null : p.release())
                .put("reason", p.reason())
                .put("since", time(p.since()));
    }

    /** The commits that a status names, each once, as far as they are known. */
    private static List<CommitInfo> named(
            PipelineStatus s, Function<String, Optional<CommitInfo>> commits) {
        var target = s.rollback();
        return Stream.concat(
                        Stream.of(
                                        Optional.ofNullable(s.head()),
                                        Optional.ofNullable(s.commit()),
                                        Optional.ofNullable(s.stableCommit()),
                                        Optional.ofNullable(
                                                target == null ? null : target.commit()))
                                .flatMap(Optional::stream),
                        s.quarantined().stream().map(Quarantine::commit))
                .filter(id -> !id.isEmpty())
                .distinct()
                .flatMap(id -> commits.apply(id).stream())
                .toList();
    }

    private static JsonObject commit(CommitInfo c) {
        return new JsonObject()
                .put("id", c.id())
                .put("subject", c.subject())
                .put("author", c.author())
                .put("at", time(c.at()));
    }

    static <T> JsonArray array(Collection<T> of, Function<T, Object> each) {
        return new JsonArray(List.copyOf(of.stream().map(each).toList()));
    }

    /** ISO-8601 in UTC, milliseconds. */
    static @Nullable String time(@Nullable Instant at) {
        return at == null ? null : at.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    private static @Nullable JsonObject ack(@Nullable HealthAck a) {
        return a == null
                ? null
                : new JsonObject()
                        .put("by", a.by())
                        .put("at", time(a.at()))
                        .put("until", time(a.until()))
                        .put("reason", a.reason())
                        .put("services", new JsonArray(a.services()));
    }

    private static @Nullable JsonObject word(@Nullable Word w) {
        return w == null
                ? null
                : new JsonObject()
                        .put("by", w.by())
                        .put("at", time(w.at()))
                        .put("reason", w.reason());
    }

    private static JsonObject quarantine(Quarantine q) {
        return new JsonObject()
                .put("release", q.release())
                .put("source", q.source())
                .put("commit", q.commit())
                .put("cause", q.cause().word())
                .put("reason", q.reason())
                .put("by", q.by())
                .put("at", time(q.at()));
    }

    private static @Nullable JsonObject rollback(@Nullable RollbackTarget r) {
        return r == null
                ? null
                : new JsonObject()
                        .put("target", r.target())
                        .put("commit", r.commit())
                        .put("ready", r.ready())
                        .put("missing", new JsonArray(r.missing()));
    }

    private static JsonObject engine(EngineStatus e) {
        return new JsonObject()
                .put("engine", e.engine())
                .put("state", reachable(e.reachable()))
                .put("reason", e.reason())
                .put("observedAt", time(e.observedAt()));
    }

    private static JsonObject service(ServiceStatus s) {
        return new JsonObject()
                .put("service", s.service())
                .put("engine", s.engine())
                .put("health", s.health().word())
                .put("reason", s.reason())
                .put("desired", s.desired())
                .put("running", s.running())
                .put("healthy", s.healthy())
                .put("restarts", s.restarts())
                .put("image", s.image())
                .put("drift", new JsonArray(s.drift()));
    }

    private static String reachable(boolean yes) {
        return yes ? "Ready" : "Unreachable";
    }
}
