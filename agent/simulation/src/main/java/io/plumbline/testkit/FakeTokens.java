package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AccessToken;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.core.access.TokenText;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tokens;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tokens in memory. */
public final class FakeTokens implements Tokens {
    private final Map<String, AccessToken> byId = new LinkedHashMap<>();
    private int made;

    /** Makes one and gives its text. */
    public synchronized String make(String name, Role role, String... pipelines) {
        return make(name, null, role, pipelines);
    }

    /** Makes one that expires and gives its text. */
    public synchronized String make(
            String name, @Nullable Instant expires, Role role, String... pipelines) {
        var text = TokenText.of(ByteBuffer.allocate(TokenText.RANDOM_BYTES).putInt(++made).array());
        add(
                new AccessToken(
                        text.id(),
                        name,
                        text.hash(),
                        new Grant(role, List.of(pipelines)),
                        "test",
                        Sample.AT,
                        expires,
                        null,
                        null));
        return text.text();
    }

    @Override
    public synchronized Optional<AccessToken> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public synchronized List<AccessToken> all() {
        return List.copyOf(byId.values());
    }

    @Override
    public synchronized void add(AccessToken token) {
        if (byId.values().stream()
                .anyMatch(t -> t.name().equals(token.name()) && t.revokedAt() == null)) {
            throw new PlumblineException(
                    FailureKind.CONFLICT, "there is a token named " + token.name());
        }
        byId.put(token.id(), token);
    }

    @Override
    public synchronized boolean revoke(String id, Instant at) {
        var token = byId.get(id);
        if (token == null || token.revokedAt() != null) {
            return false;
        }
        byId.put(
                id,
                new AccessToken(
                        token.id(),
                        token.name(),
                        token.hash(),
                        token.grant(),
                        token.createdBy(),
                        token.createdAt(),
                        token.expiresAt(),
                        at,
                        token.lastUsedAt()));
        return true;
    }

    @Override
    public synchronized void used(String id, Instant at) {}
}
