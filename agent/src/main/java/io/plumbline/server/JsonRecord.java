package io.plumbline.server;

import io.plumbline.core.rollout.Deployment;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.verify.Verified;
import io.vertx.core.json.JsonObject;

/** Deployments and events as JSON, see docs/reference.md. */
final class JsonRecord {
    private JsonRecord() {}

    /**
     * As docs/reference.md lists it; with {@code verified} where a signature was asked for, and
     * {@code evidence} where something spoke against the release.
     */
    static JsonObject deployment(Deployment d) {
        var out =
                new JsonObject()
                        .put("id", d.id())
                        .put("release", d.release())
                        .put("commit", d.commit())
                        .put("from", d.from())
                        .put("state", d.state().word())
                        .put("reason", d.reason())
                        .put("by", d.by())
                        .put("trigger", d.trigger().word())
                        .put("startedAt", JsonStatus.time(d.startedAt()))
                        .put("finishedAt", JsonStatus.time(d.finishedAt()));
        var against = d.evidence();
        if (against != null) {
            out.put("evidence", evidence(against));
        }
        var by = d.verified();
        return by == null ? out : out.put("verified", verified(by));
    }

    private static JsonObject evidence(Evidence e) {
        return new JsonObject()
                .put("kind", e.kind().word())
                .put("observed", e.observed())
                .put("source", e.source())
                .put("quote", e.quote())
                .put("control", e.control());
    }

    private static JsonObject verified(Verified v) {
        return new JsonObject()
                .put("key", v.key())
                .put("signer", v.signer())
                .put("at", JsonStatus.time(v.at()))
                .put("method", v.method().word());
    }

    static JsonObject event(PipelineEvent e) {
        return new JsonObject()
                .put("seq", e.seq())
                .put("at", JsonStatus.time(e.at()))
                .put("pipeline", e.pipeline())
                .put("deployment", e.deployment())
                .put("engine", e.engine())
                .put("service", e.service())
                .put("type", e.type())
                .put("field", e.field())
                .put("from", e.from())
                .put("to", e.to())
                .put("reason", e.reason());
    }
}
