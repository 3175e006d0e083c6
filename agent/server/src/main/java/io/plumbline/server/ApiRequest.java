package io.plumbline.server;

import io.plumbline.api.Caller;
import io.plumbline.api.RequestReader;
import io.plumbline.api.RequestReader.Request;
import io.plumbline.core.access.Principal;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.manifest.yaml.Quantities;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request as a handler sees it. Its methods check the parameters and throw {@link ApiError} for
 * invalid ones.
 */
final class ApiRequest {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");
    private static final Pattern RELEASE = Pattern.compile("[A-Za-z0-9:._-]{1,128}");
    static final int LONGEST_TEXT = 1000;
    private static final RequestReader REQUESTS =
            new RequestReader(ApiRequest::text, Quantities::duration);

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

    /** Returns the authenticated caller. */
    Principal principal() {
        return Guard.principal(ctx);
    }

    /** Returns the pipeline that the path names. */
    String pipeline() {
        return checkedPipeline(ctx.pathParam("name"));
    }

    /** Checks a pipeline's name and returns it. */
    static String checkedPipeline(@Nullable String name) {
        if (name == null || !NAME.matcher(name).matches()) {
            throw ApiError.notFound(
                    "no such pipeline: names are of a-z, 0-9 and -, at most 40 characters");
        }
        return name;
    }

    /** Returns the engine that the path names. */
    String engine() {
        var engine = ctx.pathParam("engine");
        if (engine == null || !NAME.matcher(engine).matches()) {
            throw ApiError.notFound("no such engine: names are of a-z, 0-9 and -");
        }
        return engine;
    }

    /** Returns the service that the query names; null if it names none. */
    @Nullable String service() {
        var service = request().getParam("service");
        return service == null ? null : checkedService(service);
    }

    /** Checks a service's name and returns it. */
    static String checkedService(String service) {
        if (!NAME.matcher(service).matches()) {
            throw ApiError.notFound("no such service: names are of a-z, 0-9 and -");
        }
        return service;
    }

    /** Returns a release id, a commit, or a prefix of one; null if the parameter is missing. */
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

    /**
     * Returns a whole number of the query within the limits; {@code otherwise} if it is missing.
     */
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
            // The error follows below.
        }
        throw ApiError.badRequest(
                parameter + " must be a whole number from " + lowest + " to " + highest);
    }

    /** Returns a time of the query, ISO 8601 with its offset; empty if it is missing. */
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

    /**
     * Returns {@code true} or {@code false} of the query; {@code otherwise} if it is missing. A
     * parameter without a value is {@code true}.
     */
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

    /** Returns what the body asks for, and who asks. An empty body is an empty object. */
    <T extends Record> Request<T> body(Class<T> type) {
        return body(type, Map.of());
    }

    /**
     * Returns what path and body ask for, and who asks.
     *
     * @param address the members of {@code type} that the path holds
     */
    <T extends Record> Request<T> body(Class<T> type, Map<String, String> address) {
        try {
            var read = REQUESTS.read(object().getMap(), type, address);
            return new Request<>(read.asked(), authentic(read.caller()));
        } catch (IllegalArgumentException e) {
            throw ApiError.badRequest(String.valueOf(e.getMessage()));
        }
    }

    /** Returns who asks, for a request whose body holds nothing else. */
    Caller caller() {
        try {
            return authentic(REQUESTS.caller(object().getMap()));
        } catch (IllegalArgumentException e) {
            throw ApiError.badRequest(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Returns the caller with the name for records. It comes from the credential. A name in the
     * body counts only with the token of the state folder, because everyone who may read that
     * folder shares this token. Such a name never looks like an authenticated one.
     */
    private Caller authentic(Caller given) {
        return new Caller(name(given.by()), given.reason(), given.dryRun());
    }

    private String name(String claimed) {
        if (principal().method() != Principal.Method.BOOTSTRAP) {
            return principal().recorded();
        }
        if (claimed.isEmpty()) {
            return "api";
        }
        return claimed.equals(RolloutStateMachine.AGENT) || claimed.contains(":")
                ? "claimed " + claimed.replace(':', ' ')
                : claimed;
    }

    /** Returns the body as an object that has only the given keys. */
    JsonObject bareBody(String... keys) {
        var allowed = new TreeSet<>(Set.of(keys));
        var object = object();
        for (var key : object.fieldNames()) {
            if (!allowed.contains(key)) {
                throw ApiError.badRequest(
                        "unknown key " + shown(key) + " in the body; known are " + allowed);
            }
        }
        return object;
    }

    private JsonObject object() {
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
        try {
            return new JsonObject(buffer);
        } catch (DecodeException | ClassCastException e) {
            throw ApiError.badRequest("the body is not a JSON object");
        }
    }

    /** Returns text of the caller for messages: one line, cut to 40 characters. */
    static String shown(@Nullable String key) {
        var plain = plain(String.valueOf(key));
        return plain.length() > 40 ? plain.substring(0, 40) + "..." : plain;
    }

    /** Returns the text on one line, cut to the given length. */
    static String plain(String text, int longest) {
        var plain = plain(text);
        return plain.length() > longest ? plain.substring(0, longest) + "..." : plain;
    }

    private static String text(String text) {
        if (text.length() > LONGEST_TEXT) {
            throw new IllegalArgumentException("must be at most " + LONGEST_TEXT + " characters");
        }
        return plain(text);
    }

    /**
     * Returns the text on one line, so that a caller cannot forge a second line of a log or a
     * record.
     */
    private static String plain(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", " ").strip();
    }
}
