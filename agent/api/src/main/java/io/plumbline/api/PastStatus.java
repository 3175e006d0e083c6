package io.plumbline.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What {@code plumb status --at} shows of a pipeline. */
@Doc("A pipeline at an earlier time, as far as the ledger recorded it.")
public record PastStatus(
        @Doc("Name of the pipeline.") String pipeline,
        @Doc("The time that was asked for.") Instant at,
        @Doc("As of `Status`.") String state,
        @Doc("As of `Status`.") String health,
        @Doc("The release that was deployed or being deployed. Null before the first.")
                @Nullable String release,
        @Doc("The reason of the event that decided the state, may be empty.") String reason,
        @Doc("When that event was recorded. Null if there is none.") @Nullable Instant since) {}
