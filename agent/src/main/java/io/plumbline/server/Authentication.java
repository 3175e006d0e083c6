package io.plumbline.server;

import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Principal;
import io.plumbline.core.access.Role;
import io.plumbline.core.access.TokenText;
import io.plumbline.port.Ticker;
import io.plumbline.port.Tokens;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * Who a request comes from: by the token of the state folder (an admin) or one that was made. The
 * answer is a future since some proofs need a look at their issuer's keys.
 */
final class Authentication {
    private static final String BEARER = "Bearer ";
    private static final Principal BOOTSTRAP =
            new Principal(
                    "state-folder",
                    Principal.Method.BOOTSTRAP,
                    "",
                    List.of(Grant.everywhere(Role.ADMIN)));

    private final byte[] bootstrap;
    private final Tokens tokens;
    private final Ticker ticker;

    Authentication(String bootstrapToken, Tokens tokens, Ticker ticker) {
        this.bootstrap = hash(bootstrapToken);
        this.tokens = tokens;
        this.ticker = ticker;
    }

    /** Empty where nothing was proved. Never fails. */
    Future<Optional<Principal>> of(HttpServerRequest request) {
        var header = request.getHeader("Authorization");
        if (header == null || !header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Future.succeededFuture(Optional.empty());
        }
        return Future.succeededFuture(bearer(header.substring(BEARER.length()).strip()));
    }

    private Optional<Principal> bearer(String text) {
        if (MessageDigest.isEqual(bootstrap, hash(text))) {
            return Optional.of(BOOTSTRAP);
        }
        return TokenText.parse(text).flatMap(this::made);
    }

    private Optional<Principal> made(TokenText text) {
        var now = ticker.now();
        return tokens.find(text.id())
                .filter(t -> same(t.hash(), text.hash()) && t.good(now))
                .map(
                        t -> {
                            tokens.used(t.id(), now);
                            return new Principal(
                                    t.name(), Principal.Method.TOKEN, t.id(), List.of(t.grant()));
                        });
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(
                one.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
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
