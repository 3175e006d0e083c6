package io.plumbline.runtime.state;

import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The identity of an agent on its engines: its configured name and its ledger's id. Another agent
 * may have the same name by mistake. No other ledger has the same id. Safe for several threads.
 */
public final class AgentIdentity {
    private static final Logger LOG = LoggerFactory.getLogger(AgentIdentity.class);

    private final String agent;
    private final Ledger ledger;
    private final int engines;
    private final Consumer<List<PipelineEvent>> published;
    private final Set<String> claimed = ConcurrentHashMap.newKeySet();

    /**
     * Creates the identity.
     *
     * @param agent value of the label {@code plumbline.agent}
     * @param ledger open
     * @param engines number of configured engines
     * @param published gets events after they are written
     */
    public AgentIdentity(
            String agent, Ledger ledger, int engines, Consumer<List<PipelineEvent>> published) {
        this.agent = agent;
        this.ledger = ledger;
        this.engines = engines;
        this.published = published;
    }

    /** Returns the agent's name. */
    public String agent() {
        return agent;
    }

    /** Returns the ledger's id. */
    public String ledger() {
        return ledger.id();
    }

    /** Whether this agent may take over the engine from another ledger. */
    public boolean mayTakeOver(String engine) {
        return ledger.young() && !claimed.contains(engine);
    }

    /**
     * Records that the engine carries this ledger's id. A ledger that has claimed all engines is no
     * longer new.
     */
    public void claimed(String engine) {
        claimed.add(engine);
        if (claimed.size() >= engines && ledger.young()) {
            try {
                ledger.grown();
            } catch (PlumblineException e) {
                LOG.warn("{}; until it can be written, the ledger counts as new", e.getMessage());
            }
        }
    }

    /** Writes an event that concerns no pipeline. If it cannot be written, it is only logged. */
    public void tell(PipelineEvent event) {
        try {
            published.accept(ledger.append(List.of(event)));
        } catch (PlumblineException e) {
            LOG.warn("event {} is not written: {}", event.type(), e.getMessage());
        }
    }
}
