package io.plumbline.runtime.engine;

import io.plumbline.port.Cause;
import io.plumbline.port.Ledger;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.AgentIdentity;
import io.plumbline.runtime.state.EngineNames;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What an agent gives the driver of an engine.
 *
 * @param identity the agent's, so that two agents of one name are noticed
 * @param names which pipeline a name on the engine belongs to
 * @param relist time between two full observations
 * @param pace how fast the driver asks an engine again
 * @param drain how long a replaced replica stays up for clients that know its address
 * @param ledger for files and kept logs
 * @param secrets current values
 * @param ticker the clock and the threads
 * @param telemetry for metrics
 * @param wake wakes the pipeline with this name on the engine, because something happened to it
 * @param wakeAll wakes all pipelines of the engine
 */
public record DriverSetup(
        AgentIdentity identity,
        EngineNames names,
        Duration relist,
        EnginePace pace,
        Duration drain,
        Ledger ledger,
        Secrets secrets,
        Ticker ticker,
        Telemetry telemetry,
        Consumer<String> wake,
        Consumer<Cause> wakeAll) {

    /**
     * The default drain time: slightly more than the second after which a client repeats its first
     * packet (RFC 6298, section 2.1).
     */
    public static final Duration DRAIN = Duration.ofMillis(1250);
}
