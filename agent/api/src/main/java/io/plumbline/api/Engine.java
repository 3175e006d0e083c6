package io.plumbline.api;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An engine of the configuration. */
@Doc("An engine of the configuration.")
public record Engine(
        @Doc("Its name.") String engine,
        @Doc("`Ready` or `Unreachable`.") String state,
        @Doc("Why it is not reachable, else empty.") String reason,
        @Doc("Time of the last observation. Null if there is none.") @Nullable Instant observedAt,
        @Doc("Version of the engine. Empty if it was never seen.") String version,
        @Doc("Version of the engine's API that the agent speaks.") String apiVersion,
        @Doc("As configured.") String endpoint,
        @Doc("As configured.") Map<String, String> labels,
        @Doc("When it became reachable or unreachable. Null before the first look.")
                @Nullable Instant since,
        @Doc("Median of the last list calls, in seconds. Null if none was answered.")
                @Nullable Double latency,
        @Doc("State of the circuit breaker: `Closed`, `Open` or `HalfOpen`.") String breaker,
        @Doc("The engine's clock less the agent's, in seconds. Null if it is not known.")
                @Nullable Double clockSkew,
        @Doc("What may be placed there. Null if it is not known.") @Nullable Capacity capacity,
        @Doc("What is placed there.") Used used,
        @Doc("When the certificate that the agent shows expires. Null if there is none.")
                @Nullable Instant certificateExpires,
        @Doc("As configured. Null if it is not.") @Nullable Double pricePerHour,
        @Doc("Whether nothing new is placed there.") boolean cordoned,
        @Doc("Whether replicas that may leave it leave.") boolean drained) {

    /** What may be placed on an engine. */
    @Doc("What may be placed on an engine: as configured, else what its host has.")
    public record Capacity(
            @Doc("CPUs. Null if they are not known.") @Nullable Number cpus,
            @Doc("Memory in bytes. Null if it is not known.") @Nullable Long memory) {}

    /** What is placed on an engine. */
    @Doc("The limits of the containers of this agent that run, in sum.")
    public record Used(
            @Doc("CPUs.") double cpus,
            @Doc("Memory in bytes.") long memory,
            @Doc("Number of containers.") int containers) {}
}
