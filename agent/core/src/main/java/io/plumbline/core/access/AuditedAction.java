package io.plumbline.core.access;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The content of an audit record: a request, or the outcome of one.
 *
 * @param at wall clock, cut to milliseconds
 * @param of the sequence number of the request whose outcome this is; 0 for a request
 * @param by the caller, {@code token:ci}; empty for an unauthenticated caller
 * @param claimed the name that a caller claimed, without proof
 * @param proof the credential: a token's id, an issuer; never a secret
 * @param address the caller's address
 * @param action the verb
 * @param pipeline empty if the request is not about one
 * @param parameters as requested, without secrets
 * @param allowed whether the request was permitted
 * @param outcome {@code asked} for a request that is about to be carried out, else its outcome
 * @param detail a sentence, may be empty
 */
public record AuditedAction(
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
    public AuditedAction {
        at = at.truncatedTo(ChronoUnit.MILLIS);
        parameters = Collections.unmodifiableSortedMap(new TreeMap<>(parameters));
    }

    /** Creates an entry for a request of the agent itself, or of an unknown caller. */
    public static AuditedAction of(
            Instant at,
            String address,
            String action,
            Map<String, String> parameters,
            boolean allowed,
            String outcome,
            String detail) {
        return new AuditedAction(
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

    /** Returns the same entry with a sentence. */
    public AuditedAction detailed(String sentence) {
        return new AuditedAction(
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

    /** Returns the outcome of this request, recorded after it. */
    public AuditedAction outcome(Instant then, long request, String came, String why) {
        return new AuditedAction(
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

    /** Returns all members by name, for canonical JSON. */
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
