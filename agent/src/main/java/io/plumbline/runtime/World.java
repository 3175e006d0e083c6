package io.plumbline.runtime;

import io.plumbline.port.Ledger;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import java.time.Duration;

/**
 * What every pipeline's loop works with.
 *
 * @param agent value of the label {@code plumbline.agent}
 * @param ledger what must not be forgotten
 * @param unseen engines where what the ledger does not know may run
 * @param fleet the engines and what they report
 * @param secrets today's values
 * @param claims who holds which host port
 * @param ticker time
 * @param drain how long a container that another one took over from goes on running
 * @param telemetry for metrics
 * @param events tells subscribers
 */
record World(
        String agent,
        Ledger ledger,
        Unseen unseen,
        Fleet fleet,
        Secrets secrets,
        Claims claims,
        Ticker ticker,
        Duration drain,
        Telemetry telemetry,
        EventBus events) {}
