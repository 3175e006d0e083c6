package io.plumbline.server;

import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.ActionText;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.Reason;
import io.plumbline.port.Control.ReleaseDifference;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Plans and drift as JSON, see docs/reference.md. */
final class JsonPlan {
    private JsonPlan() {}

    static JsonObject of(Plan p) {
        var services = new JsonObject();
        p.services().forEach((name, strategy) -> services.put(name, strategy.word()));
        return new JsonObject()
                .put("pipeline", p.pipeline())
                .put("release", p.release())
                .put("commit", p.commit())
                .put("from", p.from())
                .put("services", services)
                .put("actions", JsonStatus.array(p.actions(), JsonPlan::action))
                .put("blockers", new JsonArray(p.blockers()));
    }

    static JsonObject drift(Drift d) {
        return new JsonObject()
                .put("engine", d.engine())
                .put("service", d.service())
                .put("replica", d.replica())
                .put("container", d.container())
                .put("field", d.field())
                .put("want", d.want())
                .put("live", d.live());
    }

    static JsonObject difference(ReleaseDifference d) {
        return new JsonObject()
                .put("service", d.service())
                .put("field", d.field())
                .put("from", d.from())
                .put("to", d.to())
                .put("text", d.text());
    }

    private static JsonObject action(Action a) {
        return new JsonObject()
                .put("engine", a.engine())
                .put("action", a.word())
                .put("target", a.target())
                .put("container", a.container())
                .put("summary", ActionText.of(a))
                .put("reasons", JsonStatus.array(a.reasons(), JsonPlan::reason));
    }

    private static JsonObject reason(Reason r) {
        return new JsonObject().put("field", r.field()).put("from", r.from()).put("to", r.to());
    }
}
