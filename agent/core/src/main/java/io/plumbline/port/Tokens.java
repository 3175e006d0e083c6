package io.plumbline.port;

import io.plumbline.core.access.AccessToken;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The store of tokens. Safe for several threads. */
public interface Tokens {

    /**
     * Returns a token by its id, including revoked and expired ones. It reads memory, so it does
     * not block.
     */
    Optional<AccessToken> find(String id);

    /** Returns all tokens, oldest first. */
    List<AccessToken> all();

    /**
     * Stores a new token; it is on disk when the call returns.
     *
     * @throws PlumblineException {@code CONFLICT} if a valid token has the same name
     */
    void add(AccessToken token);

    /** Revokes a token; returns false if there is none or it was revoked before. */
    boolean revoke(String id, Instant at);

    /**
     * Records a use of a token. It is written at most once a minute, so callers may call it at each
     * use.
     */
    void used(String id, Instant at);

    /** Returns a store without tokens: only the token of the state folder is valid. */
    static Tokens none() {
        return new Tokens() {
            @Override
            public Optional<AccessToken> find(String id) {
                return Optional.empty();
            }

            @Override
            public List<AccessToken> all() {
                return List.of();
            }

            @Override
            public void add(AccessToken token) {
                throw new PlumblineException(
                        io.plumbline.core.FailureKind.FAULT, "this agent keeps no tokens");
            }

            @Override
            public boolean revoke(String id, Instant at) {
                return false;
            }

            @Override
            public void used(String id, Instant at) {}
        };
    }
}
