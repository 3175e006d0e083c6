package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.api.Json;
import io.plumbline.core.FailureKind;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A complete answer.
 *
 * @param status HTTP status
 * @param type media type
 * @param body encoded body
 * @param headers headers besides the media type
 */
record ApiResponse(int status, String type, Buffer body, Map<String, String> headers) {
    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";

    /** Returns an answer of status 200 with a record of the API. */
    static ApiResponse json(Record body) {
        return json(200, Codec.members(body));
    }

    /** Returns an answer of status 200 with an array of records of the API. */
    static ApiResponse json(List<? extends Record> body) {
        return new ApiResponse(200, JSON, encoded(body), Map.of());
    }

    /** Returns an answer with the members of records of the API. */
    static ApiResponse json(int status, Map<String, ? extends @Nullable Object> members) {
        return new ApiResponse(status, JSON, encoded(members), Map.of());
    }

    /** Returns an answer with an array: one record of the API for each element. */
    static <T> ApiResponse each(Collection<T> all, Function<T, ? extends Record> record) {
        return json(all.stream().map(record).toList());
    }

    private static Buffer encoded(Object body) {
        return Buffer.buffer(Json.bytes(Codec.plain(body)));
    }

    static ApiResponse text(String type, String body) {
        return new ApiResponse(200, type, Buffer.buffer(body), Map.of());
    }

    static ApiResponse of(ApiError problem) {
        return new ApiResponse(
                problem.status(), PROBLEM, encoded(problem.members()), problem.headers());
    }

    /** Returns a problem document with additional members, as RFC 9457, section 3.2 allows. */
    static ApiResponse problem(
            int status,
            String title,
            FailureKind kind,
            String detail,
            Map<String, ? extends @Nullable Object> members) {
        var document = ApiError.document(status, title, kind, detail);
        document.putAll(members);
        return new ApiResponse(status, PROBLEM, encoded(document), Map.of());
    }

    void send(HttpServerResponse response) {
        if (response.headWritten() || response.ended() || response.closed()) {
            return;
        }
        headers.forEach(response::putHeader);
        response.setStatusCode(status).putHeader("Content-Type", type).end(body);
    }
}
