package io.plumbline.runtime;

import io.plumbline.core.plan.Action;
import io.plumbline.core.rollout.EventType;

/**
 * What one engine's lane writes into its pipeline's journal: events that change nothing and carry
 * the engine's name. One thread only.
 */
final class LaneLog {
    private final Journal journal;
    private final String engine;
    private String lastTrouble = "";
    private long writes;

    LaneLog(Journal journal, String engine) {
        this.journal = journal;
        this.engine = engine;
    }

    /** Writes what is about to be done. */
    void action(Action action) {
        journal.action(engine, action);
    }

    /** Writes an event that changes nothing. */
    void tell(EventType type, String service, String field, String from, String to, String reason) {
        journal.tell(engine, type, service, field, from, to, reason);
    }

    /** Writes that something failed and is tried again: once for each text and state. */
    void trouble(String message) {
        if (!message.equals(lastTrouble) || writes != journal.writes()) {
            lastTrouble = message;
            writes = journal.writes();
            tell(EventType.TRYING_AGAIN, "", "", "", "", message);
        }
    }
}
