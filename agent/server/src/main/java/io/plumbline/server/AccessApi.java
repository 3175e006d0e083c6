package io.plumbline.server;

import io.plumbline.api.Codec;
import io.plumbline.api.Reply;
import io.plumbline.api.TokenRequest;
import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AccessToken;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Permission;
import io.plumbline.core.access.Role;
import io.plumbline.core.access.TokenText;
import io.plumbline.port.AuditLog;
import io.plumbline.port.Control.Outcome;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.port.Tokens;
import io.plumbline.server.Route.Scope;
import io.vertx.core.http.HttpMethod;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The API routes for tokens and the audit. They need the permission {@code admin} on all pipelines.
 */
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

    private ApiResponse list() {
        var now = ticker.now();
        return ApiResponse.each(tokens.all(), t -> ApiRecords.token(t, now));
    }

    private ApiResponse create(ApiRequest ask) {
        var read = ask.body(TokenRequest.class);
        var asked = read.asked();
        var name = asked.name();
        if (!NAME.matcher(name).matches()) {
            throw ApiError.badRequest(
                    "name must be letters, digits and ._@- and begin with a letter or a digit");
        }
        var grant = grant(asked.role(), asked.pipelines());
        var now = ticker.now().truncatedTo(ChronoUnit.SECONDS);
        var expires = expires(asked.expires(), now);
        var caller = read.caller();
        if (caller.dryRun()) {
            return ApiResponse.json(
                    Replies.ofToken(Outcome.WOULD_CHANGE, "would make the token " + name));
        }
        var random = new byte[TokenText.RANDOM_BYTES];
        this.random.nextBytes(random);
        var text = TokenText.of(random);
        var token =
                new AccessToken(
                        text.id(), name, text.hash(), grant, caller.by(), now, expires, null, null);
        tokens.add(token);
        var made = "made the token " + name + " (" + text.id() + ")";
        var members = Codec.members(Replies.ofToken(Outcome.ACCEPTED, made));
        members.putAll(Codec.members(ApiRecords.token(token, now)));
        members.putAll(Codec.members(new Reply.Secret(text.text())));
        return ApiResponse.json(201, members);
    }

    private static Grant grant(String word, List<String> patterns) {
        var role =
                Role.of(word)
                        .orElseThrow(
                                () ->
                                        ApiError.badRequest(
                                                "role must be viewer, operator or admin"));
        if (patterns.isEmpty()
                || patterns.size() > MOST_PATTERNS
                || !patterns.stream().allMatch(p -> PIPELINES.matcher(p).matches())) {
            throw ApiError.badRequest(
                    "pipelines must be names or patterns such as team-*, or * for all");
        }
        try {
            return new Grant(role, patterns);
        } catch (IllegalArgumentException e) {
            throw ApiError.badRequest(String.valueOf(e.getMessage()));
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
        throw ApiError.badRequest(
                "expires must be a time such as 12h or 90d, at most 3650d, or never");
    }

    private ApiResponse revoke(ApiRequest ask) {
        var id = String.valueOf(ask.context().pathParam("id"));
        var caller = ask.caller();
        var token =
                tokens.find(id)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "no token has the id "
                                                        + ApiRequest.shown(id)
                                                        + "; `plumb tokens list` shows them"));
        if (caller.dryRun()) {
            boolean good = token.revokedAt() == null;
            return ApiResponse.json(
                    Replies.ofToken(
                            good ? Outcome.WOULD_CHANGE : Outcome.WOULD_NOT_CHANGE,
                            good ? "would revoke " + token.name() : "revoked already"));
        }
        return ApiResponse.json(
                tokens.revoke(id, ticker.now())
                        ? Replies.ofToken(Outcome.ACCEPTED, "revoked the token " + token.name())
                        : Replies.ofToken(Outcome.ALREADY, token.name() + " was revoked before"));
    }

    private ApiResponse records(ApiRequest ask) {
        var limit = (int) ask.number("limit", 100, 1, MOST_RECORDS);
        var after = ask.number("after", -1, 0, Long.MAX_VALUE);
        var since = since(ask.request().getParam("since"));
        var records =
                after < 0 && since == null
                        ? log.last(limit)
                        : log.read(Math.max(after, 0), since, limit);
        return ApiResponse.each(records, ApiRecords::audit);
    }

    private static @Nullable Instant since(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw ApiError.badRequest("since must be a time such as 2026-01-31T08:15:00Z");
        }
    }

    private ApiResponse verify() {
        return ApiResponse.json(ApiRecords.verdict(log.verify()));
    }
}
