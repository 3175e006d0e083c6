package io.plumbline.server;

import io.plumbline.core.FailureKind;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Who may ask. The Host header must name this server, so that a web page whose name was rebound to
 * a loopback address gets nothing (a listener on all addresses cannot know its names and relies on
 * the token). Everything below {@code /api} needs the bearer token; {@code /metrics} does too where
 * the listener is not on loopback.
 */
final class Guard {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");
    private static final Set<String> ALL_ADDRESSES = Set.of("0.0.0.0", "::", "0:0:0:0:0:0:0:0");
    private static final Map<String, String> CHALLENGE =
            Map.of("WWW-Authenticate", "Bearer realm=\"plumbline\"");

    private final byte[] token;
    private final String host;

    Guard(ServerSettings settings) {
        this.token = hash(settings.token());
        this.host = settings.host().toLowerCase(Locale.ROOT);
    }

    /** First handler of every address: security headers, and the Host header. */
    void host(RoutingContext ctx) {
        headers(ctx);
        if (knowsHost(ctx.request())) {
            ctx.next();
        } else {
            Answer.of(
                            new Problem(
                                    421,
                                    "Another host",
                                    FailureKind.DENIED,
                                    "the Host header does not name this agent: use the address it"
                                            + " listens on, or localhost"))
                    .send(ctx.response());
        }
    }

    /** First handler of everything below {@code /api}. */
    void token(RoutingContext ctx) {
        if (hasToken(ctx.request())) {
            ctx.next();
        } else {
            Answer.of(
                            new Problem(
                                    401,
                                    "No valid token",
                                    FailureKind.DENIED,
                                    "send the header Authorization: Bearer TOKEN with the token of"
                                            + " the agent's state folder",
                                    CHALLENGE))
                    .send(ctx.response());
        }
    }

    /** Metrics tell names of pipelines: open to this machine only. */
    void metrics(RoutingContext ctx) {
        if (isLoopback(host)) {
            ctx.next();
        } else {
            token(ctx);
        }
    }

    private static void headers(RoutingContext ctx) {
        ctx.response()
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Cache-Control", "no-store")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }

    private boolean knowsHost(HttpServerRequest request) {
        if (ALL_ADDRESSES.contains(host)) {
            return true;
        }
        var authority = request.authority();
        if (authority == null) {
            return false;
        }
        var name = authority.host().toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            name = name.substring(1, name.length() - 1);
        }
        return LOOPBACK.contains(name) || name.equals(host);
    }

    private boolean hasToken(HttpServerRequest request) {
        var header = request.getHeader("Authorization");
        if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return false;
        }
        return MessageDigest.isEqual(token, hash(header.substring(7).strip()));
    }

    private static boolean isLoopback(String host) {
        return LOOPBACK.contains(host)
                || host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
    }

    /** Hashes, so that a comparison takes as long for each length. */
    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
