package io.plumbline.server;

import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Principal;
import io.plumbline.port.Ticker;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Checks bearer tokens of an OpenID provider (RFC 7519) as RFC 8725 recommends.
 *
 * <ol>
 *   <li>The header's algorithm must be a public-key algorithm. {@code none} and {@code HS*} are
 *       refused: with {@code HS*}, a public key would serve as a shared secret. Keys in the token
 *       and URLs of keys are ignored. Critical extensions are refused.
 *   <li>The token's issuer must be the configured one. This is checked before anything is fetched.
 *   <li>The key must be one of the provider's keys for this algorithm. Vert.x checks the signature.
 *   <li>Issuer, audience, expiry (required) and not-before must be valid, with 30 s of leeway.
 *   <li>Claims map to roles. A user without a matching role is authenticated but has no
 *       permissions.
 * </ol>
 *
 * <p>Blocks. Safe for several threads.
 */
final class Oidc {
    private static final Set<String> ALGORITHMS =
            Set.of(
                    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
                    "EdDSA");
    private static final Duration LEEWAY = Duration.ofSeconds(30);
    private static final int LONGEST = 16 * 1024;
    private static final int MOST_KEYS_TRIED = 10;

    private final Vertx vertx;
    private final OidcSettings settings;
    private final OidcKeys keys;
    private final Ticker ticker;

    Oidc(Vertx vertx, OidcSettings settings, Ticker ticker) {
        this.vertx = vertx;
        this.settings = settings;
        this.keys = new OidcKeys(settings, ticker);
        this.ticker = ticker;
    }

    /** Whether the text has the form of such a token. */
    static boolean looksLike(String token) {
        return token.startsWith("eyJ") && token.chars().filter(c -> c == '.').count() == 2;
    }

    AuthResult of(String token) {
        try {
            return checked(token);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new AuthResult.Unavailable("the agent stops");
        }
    }

    private AuthResult checked(String token) throws InterruptedException {
        if (token.length() > LONGEST) {
            return new AuthResult.Wrong("the token is too long");
        }
        var parts = token.split("\\.", -1);
        var header = part(parts[0]);
        var claims = part(parts[1]);
        if (header == null || claims == null) {
            return new AuthResult.Wrong("the token cannot be read");
        }
        if (!(header.getValue("alg") instanceof String algorithm)
                || !ALGORITHMS.contains(algorithm)) {
            return new AuthResult.Wrong("the token's algorithm is not taken");
        }
        if (header.containsKey("crit")) {
            return new AuthResult.Wrong("the token has an extension that is not known");
        }
        if (!settings.issuer().equals(claims.getValue("iss"))) {
            return new AuthResult.Wrong("the token is of another issuer");
        }
        var id = header.getValue("kid") instanceof String kid ? kid : null;
        var fitting = keys.find(id, algorithm);
        if (fitting.isEmpty()) {
            return keys.ever() && keys.problem().isEmpty()
                    ? new AuthResult.Wrong("the token's key is none of its issuer's")
                    : new AuthResult.Unavailable(
                            "the keys of "
                                    + settings.issuer()
                                    + " cannot be fetched; try again, or use a token of the agent's"
                                    + " own");
        }
        return fitting.stream().limit(MOST_KEYS_TRIED).anyMatch(k -> signed(token, k))
                ? judged(claims)
                : new AuthResult.Wrong("the token's signature is wrong");
    }

    private static @Nullable JsonObject part(String text) {
        try {
            return new JsonObject(
                    new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException | DecodeException | ClassCastException e) {
            return null;
        }
    }

    /** Checks only the signature. {@link #judged} checks the claims, by the agent's clock. */
    private boolean signed(String token, OidcKeys.Key key) {
        try {
            var auth =
                    JWTAuth.create(
                            vertx,
                            new JWTAuthOptions()
                                    .addJwk(key.jwk())
                                    .setJWTOptions(
                                            new JWTOptions()
                                                    .setIgnoreExpiration(true)
                                                    .setAlgorithm(key.algorithm())));
            auth.authenticate(new TokenCredentials(token))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(5, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private AuthResult judged(JsonObject claims) {
        var now = ticker.now();
        var until = time(claims, "exp");
        if (until == null) {
            return new AuthResult.Wrong("the token has no expiry");
        }
        if (!now.isBefore(until.plus(LEEWAY))) {
            return new AuthResult.Wrong("the token expired at " + until);
        }
        if (claims.containsKey("nbf")) {
            var from = time(claims, "nbf");
            if (from == null || now.isBefore(from.minus(LEEWAY))) {
                return new AuthResult.Wrong("the token is not good yet");
            }
        }
        if (texts(claims.getValue("aud")).stream().noneMatch(settings.audience()::contains)) {
            return new AuthResult.Wrong("the token is for another audience");
        }
        var name = name(claims);
        if (name.isEmpty()) {
            return new AuthResult.Wrong("the token has no claim " + settings.name());
        }
        var who =
                new Principal(
                        name,
                        Principal.Method.OIDC,
                        settings.issuer(),
                        List.copyOf(grants(claims)));
        return new AuthResult.Good(who, until.plus(LEEWAY));
    }

    private static @Nullable Instant time(JsonObject claims, String claim) {
        if (claims.getValue(claim) instanceof Number n && Math.abs(n.doubleValue()) < 1e11) {
            return Instant.ofEpochSecond(n.longValue());
        }
        return null;
    }

    private String name(JsonObject claims) {
        return texts(value(claims, settings.name())).stream()
                .findFirst()
                .map(text -> ApiRequest.plain(text, 120))
                .orElse("");
    }

    private List<Grant> grants(JsonObject claims) {
        var grants = new ArrayList<Grant>();
        for (var role : settings.roles()) {
            if (texts(value(claims, role.claim())).contains(role.value())) {
                grants.add(role.grant());
            }
        }
        return grants;
    }

    /** Returns the claim of that name. If there is none, the name is a path with dots. */
    private static @Nullable Object value(JsonObject claims, String name) {
        if (claims.containsKey(name)) {
            return claims.getValue(name);
        }
        Object at = claims;
        for (var step : name.split("\\.")) {
            at = at instanceof JsonObject object ? object.getValue(step) : null;
        }
        return at;
    }

    private static List<String> texts(@Nullable Object value) {
        return switch (value) {
            case null -> List.of();
            case String text -> List.of(text);
            case JsonArray list ->
                    list.stream().filter(String.class::isInstance).map(String.class::cast).toList();
            default -> List.of(value.toString());
        };
    }
}
