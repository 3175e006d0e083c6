package io.plumbline.core.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token as it is stored: who it stands for and what it may, never its text.
 *
 * @param id part of its text, not secret
 * @param name who or what uses it
 * @param hash SHA-256 of its secret, 64 hex digits; the secret is 256 random bits, so it needs no
 *     salt and no slow hash
 * @param grant what it may
 * @param createdBy who made it
 * @param createdAt when
 * @param expiresAt from then on it is refused; null for never
 * @param revokedAt null while it is good
 * @param lastUsedAt to the minute, null before the first use
 */
public record Token(
        String id,
        String name,
        String hash,
        Grant grant,
        String createdBy,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant revokedAt,
        @Nullable Instant lastUsedAt) {

    /** Whether it opens the door at that time. */
    public boolean good(Instant now) {
        return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
    }

    /** Not the hash. */
    @Override
    public String toString() {
        return "Token[" + id + " " + name + "]";
    }
}
