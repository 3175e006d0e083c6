package io.plumbline.server;

import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Principal;
import io.plumbline.core.access.Role;
import io.plumbline.core.access.TokenText;
import io.plumbline.port.Ticker;
import io.plumbline.port.Tokens;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * The authentication of requests. It accepts four credentials: the token of the state folder (an
 * admin), a token that {@code plumb tokens create} made, a token of an OpenID provider, and a
 * client certificate. The certificate counts only if the request has no Authorization header.
 */
final class Authentication {
    private static final String BEARER = "Bearer ";
    private static final Principal BOOTSTRAP =
            new Principal(
                    "state-folder",
                    Principal.Method.BOOTSTRAP,
                    "",
                    List.of(Grant.everywhere(Role.ADMIN)));

    /** Length of the token that the agent makes: 32 bytes in base64url. */
    private static final int STRONG = 43;

    private final byte[] bootstrap;
    private final boolean strong;
    private static final int MOST_ASKED_OUTSIDE = 64;

    private final Tokens tokens;
    private final Map<String, List<Grant>> certificates;
    private final @Nullable Oidc oidc;
    private final Semaphore outside = new Semaphore(MOST_ASKED_OUTSIDE);
    private final Vertx vertx;
    private final Ticker ticker;

    Authentication(Vertx vertx, String bootstrapToken, AccessSettings access, Ticker ticker) {
        this.vertx = vertx;
        this.certificates = access.certificates();
        this.oidc = access.oidc() == null ? null : new Oidc(vertx, access.oidc(), ticker);
        this.bootstrap = hash(bootstrapToken);
        this.strong = bootstrapToken.length() >= STRONG;
        this.tokens = access.tokens();
        this.ticker = ticker;
    }

    /**
     * Authenticates a request. The future never fails.
     *
     * @param closed whether the address had too many failed logins. Then a token of the state
     *     folder that is short enough to be guessed is not accepted.
     */
    Future<AuthResult> of(HttpServerRequest request, boolean closed) {
        var header = request.getHeader("Authorization");
        if (header == null) {
            return Future.succeededFuture(certificate(request));
        }
        if (!header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Future.succeededFuture(new AuthResult.Wrong("only bearer tokens are taken"));
        }
        var text = header.substring(BEARER.length()).strip();
        return oidc != null && Oidc.looksLike(text)
                ? outside(oidc, text)
                : Future.succeededFuture(bearer(text, closed));
    }

    /**
     * Checks a token on a thread of its own, because keys may have to be fetched. The future
     * completes on the event loop.
     */
    private Future<AuthResult> outside(Oidc provider, String text) {
        if (!outside.tryAcquire()) {
            return Future.succeededFuture(
                    new AuthResult.Unavailable("too many logins at once: try again in a moment"));
        }
        var context = vertx.getOrCreateContext();
        return Future.future(
                promise ->
                        Thread.ofVirtual()
                                .name("oidc")
                                .start(
                                        () -> {
                                            AuthResult proof = new AuthResult.Wrong("");
                                            try {
                                                proof = provider.of(text);
                                            } finally {
                                                outside.release();
                                                var found = proof;
                                                context.runOnContext(_ -> promise.complete(found));
                                            }
                                        }));
    }

    private AuthResult certificate(HttpServerRequest request) {
        if (!request.isSSL() || certificates.isEmpty()) {
            return new AuthResult.None();
        }
        try {
            var shown = request.connection().peerCertificates();
            if (shown == null
                    || shown.isEmpty()
                    || !(shown.getFirst() instanceof X509Certificate first)) {
                return new AuthResult.None();
            }
            var subject = first.getSubjectX500Principal().getName();
            var grants = certificates.get(subject);
            return grants == null
                    ? new AuthResult.None()
                    : new AuthResult.Good(
                            new Principal(
                                    ApiRequest.plain(subject, 120),
                                    Principal.Method.CERTIFICATE,
                                    first.getSerialNumber().toString(16),
                                    grants),
                            null);
        } catch (SSLPeerUnverifiedException e) {
            return new AuthResult.None();
        }
    }

    private AuthResult bearer(String text, boolean closed) {
        if ((strong || !closed) && MessageDigest.isEqual(bootstrap, hash(text))) {
            return new AuthResult.Good(BOOTSTRAP, null);
        }
        return TokenText.parse(text).map(this::made).orElseGet(() -> new AuthResult.Wrong(""));
    }

    private AuthResult made(TokenText text) {
        var now = ticker.now();
        var token = tokens.find(text.id()).orElse(null);
        if (token == null || !same(token.hash(), text.hash())) {
            return new AuthResult.Wrong("");
        }
        // The caller has the token's secret part, so the reason reveals nothing.
        if (token.revokedAt() != null) {
            return new AuthResult.Wrong("this token was revoked");
        }
        if (!token.good(now)) {
            return new AuthResult.Wrong("this token expired at " + token.expiresAt());
        }
        tokens.used(token.id(), now);
        return new AuthResult.Good(
                new Principal(
                        token.name(), Principal.Method.TOKEN, token.id(), List.of(token.grant())),
                token.expiresAt());
    }

    /** Whether a credential is still valid: it has not expired, and the token was not revoked. */
    boolean still(Principal principal, @Nullable Instant until) {
        var now = ticker.now();
        if (until != null && !now.isBefore(until)) {
            return false;
        }
        return principal.method() != Principal.Method.TOKEN
                || tokens.find(principal.proof()).filter(t -> t.good(now)).isPresent();
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(
                one.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
    }

    /** Returns a hash, so that a comparison takes the same time for every length. */
    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
