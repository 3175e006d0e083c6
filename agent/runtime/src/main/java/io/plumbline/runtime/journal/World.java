package io.plumbline.runtime.journal;

import io.plumbline.port.Ledger;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.engine.UnobservedEngines;
import io.plumbline.runtime.placement.Claims;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.EventBus;
import io.plumbline.runtime.state.Standings;
import java.time.Duration;

/**
 * The parts that every pipeline's loop uses.
 *
 * @param agent value of the label {@code plumbline.agent}
 * @param ledger the agent's database
 * @param unseen engines that may run pipelines that are not in the ledger
 * @param fleet the engines and what they report
 * @param secrets current values
 * @param claims the host ports and capacity that pipelines hold
 * @param ticker the clock and the threads
 * @param drain how long a replaced container stays up
 * @param telemetry for metrics
 * @param events publishes events to subscribers
 * @param standings where the pipelines stand, for those that wait for each other
 */
public record World(
        String agent,
        Ledger ledger,
        UnobservedEngines unseen,
        Fleet fleet,
        Secrets secrets,
        Claims claims,
        Ticker ticker,
        Duration drain,
        Telemetry telemetry,
        EventBus events,
        Standings standings) {}
