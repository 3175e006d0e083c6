package io.plumbline.runtime.engine;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineDriver;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines that may run pipelines that are not in the ledger, since it began empty. At first
 * these are all engines. An engine is removed when it was observed and every pipeline found there
 * is in the ledger. The set is kept in the ledger, so that a restart changes nothing. Safe for
 * several threads.
 */
public final class UnobservedEngines {
    private static final Logger LOG = LoggerFactory.getLogger(UnobservedEngines.class);

    private final Ledger ledger;
    private final Fleet fleet;
    private volatile Set<String> engines;
    private volatile boolean written;

    public UnobservedEngines(Ledger ledger, Fleet fleet) {
        this.ledger = ledger;
        this.fleet = fleet;
        this.written = !ledger.pipelines().isEmpty();
        this.engines =
                written
                        ? ledger.unseen()
                        : fleet.members().stream()
                                .map(Fleet.Member::name)
                                .collect(toUnmodifiableSet());
        try {
            write();
        } catch (PlumblineException e) {
            LOG.warn("{}; it is tried again", e.getMessage());
        }
    }

    /**
     * Writes the set before any pipeline is in the ledger. After that, an empty set means that all
     * engines were observed.
     */
    private void write() {
        if (!written) {
            ledger.leaveUnseen(engines);
            written = true;
        }
    }

    /** Whether an engine that does not answer may run unknown pipelines. */
    public synchronized boolean mayHide(EngineDriver engine) {
        write();
        return engines.contains(engine.name()) && !engine.seen().reachable();
    }

    /** Checks an engine after an observation, or an attempt. */
    public synchronized void looked(String engine) {
        if (!engines.contains(engine) || !fleet.engine(engine).seen().ever()) {
            return;
        }
        try {
            var states = ledger.pipelines();
            boolean known =
                    fleet.engine(engine).pipelines().stream()
                            .allMatch(p -> states.containsKey(p) && decided(states.get(p)));
            if (known) {
                var rest =
                        engines.stream()
                                .filter(Predicate.not(engine::equals))
                                .collect(toUnmodifiableSet());
                ledger.leaveUnseen(rest);
                engines = rest;
                written = true;
            }
        } catch (PlumblineException e) {
            LOG.warn("engine {}: {}; it is tried again", engine, e.getMessage());
        }
    }

    private static boolean decided(PipelineState state) {
        return state.deployed() != null
                || state.deployment() != null
                || state.blockedHead() != null;
    }
}
