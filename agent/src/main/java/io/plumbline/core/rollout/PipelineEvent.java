package io.plumbline.core.rollout;

import java.time.Instant;

/**
 * Something that happened, as {@code plumb events} shows it. Empty strings stand for "not about
 * that". Never a secret's value.
 *
 * @param seq the ledger's sequence number; 0 before it is written
 * @param at wall clock, for display only
 * @param pipeline its name, or empty
 * @param deployment id
 * @param engine name
 * @param service name
 * @param type what happened, a word: {@code DeploymentStarted}, {@code DriftDetected}, ...
 * @param field of a container
 * @param from what was
 * @param to what is
 * @param reason for people
 */
public record PipelineEvent(
        long seq,
        Instant at,
        String pipeline,
        String deployment,
        String engine,
        String service,
        String type,
        String field,
        String from,
        String to,
        String reason) {}
