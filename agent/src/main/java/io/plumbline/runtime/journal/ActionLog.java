package io.plumbline.runtime.journal;

import io.plumbline.core.plan.Action;
import io.plumbline.core.rollout.EventType;

/**
 * The writer of one engine reconciler's events to its pipeline's journal. The events carry the
 * engine's name and do not change the state. One thread only.
 */
public final class ActionLog {
    private final Journal journal;
    private final String engine;
    private String lastTrouble = "";
    private long writes;

    public ActionLog(Journal journal, String engine) {
        this.journal = journal;
        this.engine = engine;
    }

    /** Writes an action before it is done. */
    public void action(Action action) {
        journal.action(engine, action);
    }

    /** Writes an event that does not change the state. */
    public void tell(
            EventType type, String service, String field, String from, String to, String reason) {
        journal.tell(engine, type, service, field, from, to, reason);
    }

    /** Writes that an action failed and is retried: once for each message and state. */
    public void trouble(String message) {
        if (!message.equals(lastTrouble) || writes != journal.writes()) {
            lastTrouble = message;
            writes = journal.writes();
            tell(EventType.TRYING_AGAIN, "", "", "", "", message);
        }
    }
}
