package io.plumbline.api;

import java.time.Instant;

/** Something that happened. */
@Doc("Something that happened. A text that does not apply is empty.")
public record Event(
        @Doc("Rises and never repeats.") long seq,
        @Doc("When.") Instant at,
        @Doc("Name of the pipeline.") String pipeline,
        @Doc("Id of the deployment.") String deployment,
        @Doc("Name of the engine.") String engine,
        @Doc("Name of the service.") String service,
        @Doc("One of the event types of docs/reference.md; new ones may be added.") String type,
        @Doc("The field that it is about.") String field,
        @Doc("What was.") String from,
        @Doc("What is.") String to,
        @Doc("A sentence for people.") String reason) {

    /** What a stream sends if the agent's ledger was lost and its numbers start again. */
    @Doc("Sent by a stream if the agent's ledger was lost and its numbers start again.")
    public record SequenceReset(
            @Doc("`SequenceReset`.") String type,
            @Doc("The number that the reader came with.") long after,
            @Doc("A sentence for people.") String reason) {}
}
