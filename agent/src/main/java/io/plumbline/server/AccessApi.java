package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Role;
import io.plumbline.core.access.Token;
import io.plumbline.core.access.TokenText;
import io.plumbline.port.AuditLog;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.port.Tokens;
import io.plumbline.server.Route.Scope;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tokens and the audit over HTTP, for admins. */
final class AccessApi {
    private static final String TOKENS = "/api/v1/tokens";
    private static final String AUDIT = "/api/v1/audit";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._@-]{0,62}");
    private static final Pattern PIPELINES = Pattern.compile("[a-z0-9*-]{1,63}");
    private static final Pattern LIFE = Pattern.compile("([0-9]{1,5})([mhd])");
    private static final String USUAL_LIFE = "90d";
    private static final Duration LONGEST_LIFE = Duration.ofDays(3650);
    private static final int MOST_PATTERNS = 50;
    private static final int MOST_RECORDS = 1000;

    private final Tokens tokens;
    private final AuditLog log;
    private final Ticker ticker;
    private final SecureRandom random = new SecureRandom();

    AccessApi(Tokens tokens, AuditLog log, Ticker ticker) {
        this.tokens = tokens;
        this.log = log;
        this.ticker = ticker;
    }

    List<Route> routes(Requests requests, Audit audit) {
        return List.of(
                Route.look(TOKENS, Permission.ADMIN, Scope.ALL, requests.question(_ -> list())),
                new Route(
                        HttpMethod.POST,
                        TOKENS,
                        Permission.ADMIN,
                        Scope.ALL,
                        "tokens.create",
                        Route.USUAL_BODY,
                        requests.question(audit.around("tokens.create", this::create))),
                new Route(
                        HttpMethod.POST,
                        TOKENS + "/:id/revoke",
                        Permission.ADMIN,
                        Scope.ALL,
                        "tokens.revoke",
                        Route.USUAL_BODY,
                        requests.question(audit.around("tokens.revoke", this::revoke))),
                Route.look(AUDIT, Permission.ADMIN, Scope.ALL, requests.question(this::records)),
                Route.look(
                        AUDIT + "/verify",
                        Permission.ADMIN,
                        Scope.ALL,
                        requests.question(_ -> verify())));
    }

    private Answer list() {
        var now = ticker.now();
        return Answer.json(JsonStatus.array(tokens.all(), t -> json(t, now)));
    }

    private static JsonObject json(Token t, Instant now) {
        return new JsonObject()
                .put("id", t.id())
                .put("name", t.name())
                .put("role", t.grant().role().word())
                .put("pipelines", new JsonArray(t.grant().pipelines()))
                .put("state", t.revokedAt() != null ? "revoked" : t.good(now) ? "good" : "expired")
                .put("createdBy", t.createdBy())
                .put("createdAt", JsonStatus.time(t.createdAt()))
                .put("expiresAt", JsonStatus.time(t.expiresAt()))
                .put("revokedAt", JsonStatus.time(t.revokedAt()))
                .put("lastUsedAt", JsonStatus.time(t.lastUsedAt()));
    }

    private Answer create(Ask ask) {
        var body = ask.body("name", "role", "pipelines", "expires");
        var name = body.text("name");
        if (name == null || !NAME.matcher(name).matches()) {
            throw Problem.badRequest(
                    "name must be letters, digits and ._@- and begin with a letter or a digit");
        }
        var grant = grant(body.text("role"), body.texts("pipelines"));
        var now = ticker.now().truncatedTo(ChronoUnit.SECONDS);
        var expires = expires(body.text("expires"), now);
        var caller = body.caller();
        if (caller.dryRun()) {
            return Answer.json(reply("wouldChange", "would make the token " + name, 1));
        }
        var random = new byte[TokenText.RANDOM_BYTES];
        this.random.nextBytes(random);
        var text = TokenText.of(random);
        var token =
                new Token(
                        text.id(), name, text.hash(), grant, caller.by(), now, expires, null, null);
        tokens.add(token);
        return Answer.json(
                201,
                reply("accepted", "made the token " + name + " (" + text.id() + ")", 0)
                        .mergeIn(json(token, now))
                        .put("token", text.text()));
    }

    private static Grant grant(@Nullable String word, @Nullable List<String> patterns) {
        var role =
                Role.of(word == null ? "" : word)
                        .orElseThrow(
                                () -> Problem.badRequest("role must be viewer, operator or admin"));
        if (patterns == null
                || patterns.isEmpty()
                || patterns.size() > MOST_PATTERNS
                || !patterns.stream().allMatch(p -> PIPELINES.matcher(p).matches())) {
            throw Problem.badRequest(
                    "pipelines must be names or patterns such as team-*, or * for all");
        }
        try {
            return new Grant(role, patterns);
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest(String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable Instant expires(@Nullable String text, Instant now) {
        var life = text == null ? USUAL_LIFE : text;
        if (life.equals("never")) {
            return null;
        }
        var match = LIFE.matcher(life);
        if (match.matches()) {
            long number = Long.parseLong(match.group(1));
            var duration =
                    switch (match.group(2)) {
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        default -> Duration.ofDays(number);
                    };
            if (duration.isPositive() && duration.compareTo(LONGEST_LIFE) <= 0) {
                return now.plus(duration);
            }
        }
        throw Problem.badRequest(
                "expires must be a time such as 12h or 90d, at most 3650d, or never");
    }

    private Answer revoke(Ask ask) {
        var id = String.valueOf(ask.context().pathParam("id"));
        var caller = ask.body().caller();
        var token =
                tokens.find(id)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "no token has the id "
                                                        + Ask.shown(id)
                                                        + "; `plumb tokens list` shows them"));
        if (caller.dryRun()) {
            boolean good = token.revokedAt() == null;
            return Answer.json(
                    reply(
                            good ? "wouldChange" : "wouldNotChange",
                            good ? "would revoke " + token.name() : "revoked already",
                            good ? 1 : 0));
        }
        return tokens.revoke(id, ticker.now())
                ? Answer.json(reply("accepted", "revoked the token " + token.name(), 0))
                : Answer.json(reply("already", token.name() + " was revoked before", 0));
    }

    private static JsonObject reply(String outcome, String message, int exit) {
        return new JsonObject()
                .put("outcome", outcome)
                .put("message", message)
                .put("exitCode", exit);
    }

    private Answer records(Ask ask) {
        var limit = (int) ask.number("limit", 100, 1, MOST_RECORDS);
        var after = ask.number("after", -1, 0, Long.MAX_VALUE);
        var since = since(ask.request().getParam("since"));
        var records =
                after < 0 && since == null
                        ? log.last(limit)
                        : log.read(Math.max(after, 0), since, limit);
        return Answer.json(JsonStatus.array(records, AccessApi::json));
    }

    private static @Nullable Instant since(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw Problem.badRequest("since must be a time such as 2026-01-31T08:15:00Z");
        }
    }

    /** The members as they are hashed, and the hash. */
    private static JsonObject json(AuditRecord r) {
        var json = new JsonObject();
        r.members()
                .forEach(
                        (key, value) ->
                                json.put(key, key.equals("parameters") ? parameters(r) : value));
        return json.put("hash", r.hash());
    }

    private static JsonObject parameters(AuditRecord r) {
        var json = new JsonObject();
        r.entry().parameters().forEach(json::put);
        return json;
    }

    private Answer verify() {
        var found = log.verify();
        return Answer.json(
                new JsonObject()
                        .put("good", found.good())
                        .put("records", found.records())
                        .put("firstBad", found.good() ? null : found.firstBad())
                        .put("reason", found.reason())
                        .put("seq", found.seq())
                        .put("head", found.head()));
    }
}
