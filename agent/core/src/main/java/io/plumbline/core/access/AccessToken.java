package io.plumbline.core.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stored token: its holder and grant, never its text.
 *
 * @param id part of its text, not secret
 * @param name who or what uses it
 * @param hash SHA-256 of its secret, 64 hex digits; the secret is 256 random bits, so it needs no
 *     salt and no slow hash
 * @param grant its grant
 * @param createdBy who created it
 * @param createdAt when
 * @param expiresAt when it expires; null for never
 * @param revokedAt null unless it is revoked
 * @param lastUsedAt to the minute, null before the first use
 */
public record AccessToken(
        String id,
        String name,
        String hash,
        Grant grant,
        String createdBy,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        @Nullable Instant lastUsedAt) {

    /** Whether it is valid at that time. */
    public boolean good(Instant now) {
        return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
    }

    /** Without the hash. */
    @Override
    public String toString() {
        return "Token[" + id + " " + name + "]";
    }
}
