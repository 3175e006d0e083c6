package io.plumbline.simulation;

import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.port.Control;
import io.plumbline.port.Ledger;

/** A fault that is put into the agent on purpose, at one of its ports, to prove the oracle. */
interface Mutation {
    /** The agent as it is. */
    Mutation NONE = new Mutation() {};

    /** The engine as the agent sees it. */
    default EngineClient engine(EngineClient engine) {
        return engine;
    }

    /** The ledger as the agent sees it. */
    default Ledger ledger(Ledger ledger) {
        return ledger;
    }

    /** The agent as operators see it. */
    default Control control(Control control) {
        return control;
    }
}
