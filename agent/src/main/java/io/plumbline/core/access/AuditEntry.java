package io.plumbline.core.access;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the audit says of one thing that was asked for, or of what came of it.
 *
 * @param at wall clock, cut to milliseconds
 * @param of the sequence number of the request that this is the outcome of; 0 for a request
 * @param by who, {@code token:ci}; empty where nobody proved to be somebody
 * @param claimed the name that a caller gave itself, which proves nothing
 * @param proof what was shown: a token's id, an issuer; never a secret
 * @param address from where
 * @param action the verb
 * @param pipeline empty where it is not about one
 * @param parameters as asked, without secrets
 * @param allowed whether they might
 * @param outcome {@code asked} for a request that is about to be carried out, else what came of it
 * @param detail a sentence, may be empty
 */
public record AuditEntry(
        Instant at,
        long of,
        String by,
        String claimed,
        String proof,
        String address,
        String action,
        String pipeline,
        SortedMap<String, String> parameters,
        boolean allowed,
        String outcome,
        String detail) {
    /** The outcome of a request that is recorded before it is carried out. */
    public static final String ASKED = "asked";

    /** Cuts the time and copies the parameters. */
    public AuditEntry {
        at = at.truncatedTo(ChronoUnit.MILLIS);
        parameters = Collections.unmodifiableSortedMap(new TreeMap<>(parameters));
    }

    /** A request of the agent's own, or of somebody unknown. */
    public static AuditEntry of(
            Instant at,
            String address,
            String action,
            Map<String, String> parameters,
            boolean allowed,
            String outcome,
            String detail) {
        return new AuditEntry(
                at,
                0,
                "",
                "",
                "",
                address,
                action,
                "",
                new TreeMap<>(parameters),
                allowed,
                outcome,
                detail);
    }

    /** The same with a sentence. */
    public AuditEntry detailed(String sentence) {
        return new AuditEntry(
                at,
                of,
                by,
                claimed,
                proof,
                address,
                action,
                pipeline,
                parameters,
                allowed,
                outcome,
                sentence);
    }

    /** What came of this request, recorded behind it. */
    public AuditEntry outcome(Instant then, long request, String came, String why) {
        return new AuditEntry(
                then,
                request,
                by,
                claimed,
                proof,
                address,
                action,
                pipeline,
                new TreeMap<>(),
                allowed,
                came,
                why);
    }

    /** All of it by name, for canonical JSON. */
    SortedMap<String, Object> members() {
        var all = new TreeMap<String, Object>();
        all.put("at", at.toString());
        all.put("of", of);
        all.put("by", by);
        all.put("claimed", claimed);
        all.put("proof", proof);
        all.put("address", address);
        all.put("action", action);
        all.put("pipeline", pipeline);
        all.put("parameters", parameters);
        all.put("allowed", allowed);
        all.put("outcome", outcome);
        all.put("detail", detail);
        return all;
    }
}
