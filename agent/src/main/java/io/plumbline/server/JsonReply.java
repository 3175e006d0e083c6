package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.Control.Reply;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Replies to requests that change something. Outcome, HTTP status and the command's exit code are
 * one table. A reply that says that nothing will happen is a problem document with the reply's
 * members.
 */
final class JsonReply {
    private JsonReply() {}

    static Answer answer(Reply r) {
        return answer(r, new JsonObject());
    }

    /** With further members. */
    static Answer answer(Reply r, JsonObject more) {
        var body = json(r).mergeIn(more);
        return switch (r.outcome()) {
            case ACCEPTED, INCOMPLETE -> Answer.json(202, body);
            case ALREADY, WOULD_CHANGE, WOULD_NOT_CHANGE -> Answer.json(200, body);
            case NOTHING_HAPPENS ->
                    Answer.problem(
                            409, "Nothing will happen", FailureKind.CONFLICT, r.message(), body);
            case NO_TARGET ->
                    Answer.problem(
                            409, "Nothing to go back to", FailureKind.CONFLICT, r.message(), body);
        };
    }

    private static JsonObject json(Reply r) {
        return new JsonObject()
                .put("outcome", word(r.outcome()))
                .put("message", r.message())
                .put("deployment", r.deployment())
                .put("release", r.release())
                .put("plan", r.plan() == null ? null : JsonPlan.of(r.plan()))
                .put("notes", new JsonArray(r.notes()))
                .put("exitCode", exitCode(r.outcome()));
    }

    private static String word(Outcome outcome) {
        return switch (outcome) {
            case ACCEPTED -> "accepted";
            case INCOMPLETE -> "incomplete";
            case ALREADY -> "already";
            case WOULD_CHANGE -> "wouldChange";
            case WOULD_NOT_CHANGE -> "wouldNotChange";
            case NOTHING_HAPPENS -> "nothingHappens";
            case NO_TARGET -> "noTarget";
        };
    }

    private static int exitCode(Outcome outcome) {
        return switch (outcome) {
            case ACCEPTED, ALREADY, WOULD_NOT_CHANGE -> 0;
            case INCOMPLETE, WOULD_CHANGE, NOTHING_HAPPENS -> 1;
            case NO_TARGET -> 6;
        };
    }
}
