package io.plumbline.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A token of a person or a machine, without its text. */
@Doc("A token of a person or a machine, without its text.")
public record Token(
        @Doc("Its id.") String id,
        @Doc("Who or what uses it.") String name,
        @Doc("`viewer`, `operator` or `admin`.") String role,
        @Doc("Names or patterns of the pipelines that it is for.") List<String> pipelines,
        @Doc("`good`, `expired` or `revoked`.") String state,
        @Doc("Who made it.") String createdBy,
        @Doc("When it was made.") Instant createdAt,
        @Doc("When it expires. Null if it does not.") @Nullable Instant expiresAt,
        @Doc("When it was revoked. Null if it was not.") @Nullable Instant revokedAt,
        @Doc("When it was used last. Null if it was not.") @Nullable Instant lastUsedAt) {}
