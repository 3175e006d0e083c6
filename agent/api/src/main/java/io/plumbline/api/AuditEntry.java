package io.plumbline.api;

import java.time.Instant;
import java.util.Map;

/** A record of the audit. */
@Doc("A record of the audit. Its hash is over the canonical JSON of the other members.")
public record AuditEntry(
        @Doc("What was asked for.") String action,
        @Doc("The address that asked.") String address,
        @Doc("Whether the caller was allowed to.") boolean allowed,
        @Doc("When.") Instant at,
        @Doc("Who proved to be the caller.") String by,
        @Doc("The name that a caller with the shared token gave.") String claimed,
        @Doc("What came of it, a sentence, may be empty.") String detail,
        @Doc("The `seq` of the request whose outcome this is. 0 for a request.") long of,
        @Doc("`asked`, the outcome of a command, `refused`, `failed` or `denied`.") String outcome,
        @Doc("Members of the request.") Map<String, String> parameters,
        @Doc("Name of the pipeline, may be empty.") String pipeline,
        @Doc("Hash of the record before.") String previous,
        @Doc("How the caller proved who it is.") String proof,
        @Doc("From 1 without gaps.") long seq,
        @Doc("SHA-256 in hex.") String hash) {}
