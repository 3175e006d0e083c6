package io.plumbline;

import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.port.GitSource;
import io.plumbline.port.Ledger;
import io.plumbline.port.Ticker;

/** Decorators for the agent's parts; only tests use them. */
public interface Wiring {

    /** No decorators. */
    Wiring PLAIN = new Wiring() {};

    /** Decorates an engine. */
    default EngineClient around(EngineClient engine) {
        return engine;
    }

    /** Decorates the ledger. */
    default Ledger around(Ledger ledger) {
        return ledger;
    }

    /** Decorates a repository's source. */
    default GitSource around(GitSource git) {
        return git;
    }

    /** Returns the clock. */
    default Ticker ticker() {
        return Ticker.system();
    }
}
