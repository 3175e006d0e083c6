package io.plumbline.server;

import io.plumbline.api.Caller;
import io.plumbline.core.access.Principal;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request with its parameters checked: what a handler sees of HTTP. */
final class ApiRequest {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern RELEASE = Pattern.compile("[A-Za-z0-9:._-]{1,128}");
    private static final Set<String> CALLER_KEYS = Set.of("reason", "by", "dryRun");
    static final int LONGEST_TEXT = 1000;

    private final RoutingContext ctx;

    ApiRequest(RoutingContext ctx) {
        this.ctx = ctx;
    }

    HttpServerRequest request() {
        return ctx.request();
    }

    RoutingContext context() {
        return ctx;
    }

    /** Who asks. */
    Principal principal() {
        return Guard.principal(ctx);
    }

    /** The pipeline of the path. */
    String pipeline() {
        return checkedPipeline(ctx.pathParam("name"));
    }

    /** A pipeline's name, checked. */
    static String checkedPipeline(@Nullable String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw ApiError.notFound(
                    "no such pipeline: names are of a-z, 0-9 and -, at most 40 characters");
        }
        return name;
    }

    /** The engine of the path. */
    String engine() {
        var engine = ctx.pathParam("engine");
        if (engine == null || !NAME.matcher(engine).matches()) {
            throw ApiError.notFound("no such engine: names are of a-z, 0-9 and -");
        }
        return engine;
    }

    /** A name in the query, null when it is not given. */
    @Nullable String service() {
        var service = request().getParam("service");
        return service == null ? null : checkedService(service);
    }

    /** A service's name, checked. */
    static String checkedService(String service) {
        if (!NAME.matcher(service).matches()) {
            throw ApiError.notFound("no such service: names are of a-z, 0-9 and -");
        }
        return service;
    }

    /** A release's id, a commit or the beginning of one; null when it is not given. */
    @Nullable String release(String parameter) {
        return checkedRelease(parameter, request().getParam(parameter));
    }

    static @Nullable String checkedRelease(String key, @Nullable String release) {
        if (release == null) {
            return null;
        }
        if (!RELEASE.matcher(release).matches()) {
            throw ApiError.badRequest(key + " must be a release or a commit, or its beginning");
        }
        return release;
    }

    /** A whole number of the query between the two, {@code otherwise} when it is not given. */
    long number(String parameter, long otherwise, long lowest, long highest) {
        var text = request().getParam(parameter);
        if (text == null) {
            return otherwise;
        }
        try {
            var number = Long.parseLong(text);
            if (number >= lowest && number <= highest) {
                return number;
            }
        } catch (NumberFormatException e) {
            // answered below
        }
        throw ApiError.badRequest(
                parameter + " must be a whole number from " + lowest + " to " + highest);
    }

    /** A time of the query, ISO 8601 with its zone; empty when it is not given. */
    Optional<Instant> time(String parameter) {
        var text = request().getParam(parameter);
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            throw ApiError.badRequest(parameter + " must be a time such as 2026-01-31T08:00:00Z");
        }
    }

    /** {@code true} or {@code false} of the query. */
    boolean flag(String parameter, boolean otherwise) {
        var text = request().getParam(parameter);
        return switch (text) {
            case null -> otherwise;
            case "true", "" -> true;
            case "false" -> false;
            default -> throw ApiError.badRequest(parameter + " must be true or false");
        };
    }

    /** Whether the Accept header names this media type. */
    boolean accepts(String type) {
        var accept = request().getHeader("Accept");
        return accept != null && accept.contains(type);
    }

    /**
     * The body as an object with no other keys than these; an empty body is an empty object.
     *
     * @param keys besides those of the caller
     */
    Body body(String... keys) {
        var allowed = new TreeSet<String>(Set.of(keys));
        allowed.addAll(CALLER_KEYS);
        return new Body(object(allowed), principal());
    }

    /** The same without the caller's keys. */
    JsonObject bareBody(String... keys) {
        return object(new TreeSet<>(Set.of(keys)));
    }

    private JsonObject object(Set<String> allowed) {
        var buffer = ctx.body() == null ? null : ctx.body().buffer();
        if (buffer == null || buffer.length() == 0) {
            return new JsonObject();
        }
        var type = request().getHeader("Content-Type");
        if (type == null
                || !type.toLowerCase(java.util.Locale.ROOT).startsWith("application/json")) {
            throw new ApiError(
                    415,
                    "Not JSON",
                    io.plumbline.core.FailureKind.INVALID,
                    "send the body with Content-Type: application/json");
        }
        JsonObject object;
        try {
            object = new JsonObject(buffer);
        } catch (DecodeException | ClassCastException e) {
            throw ApiError.badRequest("the body is not a JSON object");
        }
        for (var key : object.fieldNames()) {
            if (!allowed.contains(key)) {
                throw ApiError.badRequest(
                        "unknown key " + shown(key) + " in the body; known are " + allowed);
            }
        }
        return object;
    }

    /** What a caller sent, short and on one line, for messages. */
    static String shown(@Nullable String key) {
        var plain = plain(String.valueOf(key));
        return plain.length() > 40 ? plain.substring(0, 40) + "..." : plain;
    }

    /** On one line, cut to that length. */
    static String plain(String text, int longest) {
        var plain = plain(text);
        return plain.length() > longest ? plain.substring(0, longest) + "..." : plain;
    }

    /** One line: what a caller sends shall not forge a second line of a log or a record. */
    private static String plain(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", " ").strip();
    }

    /** A request's body. */
    static final class Body {
        private final JsonObject json;

        private final Principal principal;

        private Body(JsonObject json, Principal principal) {
            this.json = json;
            this.principal = principal;
        }

        boolean flag(String key) {
            return switch (json.getValue(key)) {
                case null -> false;
                case Boolean b -> b;
                default -> throw ApiError.badRequest(key + " must be true or false");
            };
        }

        @Nullable String text(String key) {
            return switch (json.getValue(key)) {
                case null -> null;
                case String s when s.length() > LONGEST_TEXT ->
                        throw ApiError.badRequest(
                                key + " must be at most " + LONGEST_TEXT + " characters");
                case String s -> plain(s);
                default -> throw ApiError.badRequest(key + " must be a string");
            };
        }

        /** A list of texts; null when it is not given. */
        @Nullable List<String> texts(String key) {
            return switch (json.getValue(key)) {
                case null -> null;
                case JsonArray a when a.stream().allMatch(i -> i instanceof String) ->
                        a.stream().map(String.class::cast).map(ApiRequest::plain).toList();
                default -> throw ApiError.badRequest(key + " must be a list of strings");
            };
        }

        @Nullable String release(String key) {
            return checkedRelease(key, text(key));
        }

        Caller caller() {
            var reason = text("reason");
            return new Caller(by(), reason == null ? "" : reason, flag("dryRun"));
        }

        /**
         * Who proved to be: a name that the body claims counts only with the token that everybody
         * who may read the state folder shares, and never looks like a proved one.
         */
        private String by() {
            if (principal.method() != Principal.Method.BOOTSTRAP) {
                return principal.recorded();
            }
            var claimed = text("by");
            if (claimed == null || claimed.isEmpty()) {
                return "api";
            }
            return claimed.equals(RolloutStateMachine.AGENT) || claimed.contains(":")
                    ? "claimed " + claimed.replace(':', ' ')
                    : claimed;
        }
    }
}
