package io.plumbline.runtime;

import static java.util.stream.Collectors.toUnmodifiableSet;

import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engines where what a ledger does not know may run, since it began empty: all, until each was
 * looked at and every pipeline found there is on record. Kept in the ledger, so that another start
 * changes nothing. Safe for several threads.
 */
final class Unseen {
    private static final Logger LOG = LoggerFactory.getLogger(Unseen.class);

    private final Ledger ledger;
    private final Fleet fleet;
    private volatile Set<String> engines;
    private volatile boolean written;

    Unseen(Ledger ledger, Fleet fleet) {
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

    /** Before any pipeline is on record: after that an empty answer means that all were seen. */
    private void write() {
        if (!written) {
            ledger.leaveUnseen(engines);
            written = true;
        }
    }

    /** Whether something of which nothing is known may run there, out of sight. */
    synchronized boolean mayHide(EngineWatcher engine) {
        write();
        return engines.contains(engine.engine().name()) && !engine.seen().reachable();
    }

    /** An engine was looked at, or tried in vain. */
    synchronized void looked(String engine) {
        if (!engines.contains(engine) || !fleet.engine(engine).seen().ever()) {
            return;
        }
        try {
            var states = ledger.pipelines();
            boolean known =
                    fleet.engine(engine).lastByPipeline().keySet().stream()
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
