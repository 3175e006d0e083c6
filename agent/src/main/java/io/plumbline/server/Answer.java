package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * A whole answer.
 *
 * @param status of HTTP
 * @param type media type
 * @param body encoded
 * @param headers besides the media type
 */
record Answer(int status, String type, Buffer body, Map<String, String> headers) {
    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";

    static Answer json(JsonObject body) {
        return json(200, body);
    }

    static Answer json(int status, JsonObject body) {
        return new Answer(status, JSON, body.toBuffer(), Map.of());
    }

    static Answer json(JsonArray body) {
        return new Answer(200, JSON, body.toBuffer(), Map.of());
    }

    static Answer text(String type, String body) {
        return new Answer(200, type, Buffer.buffer(body), Map.of());
    }

    static Answer of(Problem problem) {
        return new Answer(problem.status(), PROBLEM, problem.json().toBuffer(), problem.headers());
    }

    /** A problem document with more members, as RFC 9457 section 3.2 allows. */
    static Answer problem(
            int status, String title, FailureKind kind, String detail, JsonObject members) {
        var document = Problem.document(status, title, kind, detail).mergeIn(members);
        return new Answer(status, PROBLEM, document.toBuffer(), Map.of());
    }

    void send(HttpServerResponse response) {
        if (response.headWritten() || response.ended() || response.closed()) {
            return;
        }
        headers.forEach(response::putHeader);
        response.setStatusCode(status).putHeader("Content-Type", type).end(body);
    }
}
