package io.plumbline;

import io.plumbline.port.Engine;
import io.plumbline.port.Ledger;
import io.plumbline.port.Ticker;

/** What may be put around the parts when the agent is put together; nothing, but in tests. */
public interface Wiring {

    /** The parts as they are. */
    Wiring PLAIN = new Wiring() {};

    /** What is put around an engine. */
    default Engine around(Engine engine) {
        return engine;
    }

    /** What is put around the ledger. */
    default Ledger around(Ledger ledger) {
        return ledger;
    }

    /** Time. */
    default Ticker ticker() {
        return Ticker.system();
    }
}
