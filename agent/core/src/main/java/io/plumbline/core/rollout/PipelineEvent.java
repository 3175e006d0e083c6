package io.plumbline.core.rollout;

import java.time.Instant;

/**
 * An event of a pipeline, as {@code plumb events} shows it. An empty string means that the field
 * does not apply. It never contains a secret's value.
 *
 * @param seq the ledger's sequence number; 0 before it is written
 * @param at wall clock, for display only
 * @param pipeline its name, or empty
 * @param deployment id
 * @param engine name
 * @param service name
 * @param type the type, a word: {@code DeploymentStarted}, {@code DriftDetected}, ...
 * @param field field of a container
 * @param from the value before
 * @param to the value after
 * @param reason for display
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
