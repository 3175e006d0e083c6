package io.plumbline.port;

import io.plumbline.core.access.Token;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The tokens that were made. Safe for use by several threads. */
public interface Tokens {

    /** A token by its id, revoked and expired ones too. From memory: does not block. */
    Optional<Token> find(String id);

    /** All, oldest first. */
    List<Token> all();

    /**
     * Keeps a new one; it is on the disk when this returns.
     *
     * @throws PlumblineException {@code CONFLICT} where a good token has that name
     */
    void add(Token token);

    /** Refuses it from now on; false where there is none or it was revoked before. */
    boolean revoke(String id, Instant at);

    /** Notes that it was used; written at most once a minute, so it may be called each time. */
    void used(String id, Instant at);

    /** None: only the token of the state folder opens the door. */
    static Tokens none() {
        return new Tokens() {
            @Override
            public Optional<Token> find(String id) {
                return Optional.empty();
            }

            @Override
            public List<Token> all() {
                return List.of();
            }

            @Override
            public void add(Token token) {
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
