package io.plumbline.api;

import java.time.Instant;

/** A delivery of a Git host's webhook. */
@Doc("A delivery of a Git host's webhook.")
public record Delivery(
        @Doc("Its id.") String id,
        @Doc("Name of the repository.") String repository,
        @Doc("When it first came.") Instant at,
        @Doc("When it last came.") Instant lastAt,
        @Doc("How often it came.") int times,
        @Doc("The address that sent it.") String from,
        @Doc("Kind of the Git host.") String provider,
        @Doc("What the host calls it.") String event,
        @Doc("The host's own id of it.") String hostId,
        @Doc("Whether its signature was right.") boolean accepted,
        @Doc("`waiting`, `found`, `nothingNew`, `failed`, `ping` or `refused`.") String result,
        @Doc("The commit that was found, may be empty.") String commit,
        @Doc("Why it was refused or failed, else empty.") String reason) {}
