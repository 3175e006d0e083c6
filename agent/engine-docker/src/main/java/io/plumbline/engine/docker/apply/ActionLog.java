package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.EventType;
import io.plumbline.core.workload.Reason;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.ActionText;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.port.driver.SliceOwner.Told;
import java.util.List;

/**
 * The writer of one engine reconciler's events to its pipeline. The events carry the engine's name
 * and do not change the state. One thread only.
 */
final class ActionLog {
    private final SliceOwner owner;
    private final String engine;
    private String lastTrouble = "";
    private long writes;

    ActionLog(SliceOwner owner, String engine) {
        this.owner = owner;
        this.engine = engine;
    }

    /** Writes an action before it is done. */
    void action(Action action) {
        actions(List.of(action));
    }

    /** Writes actions before they are done, in one write. */
    void actions(List<Action> actions) {
        owner.tell(engine, actions.stream().map(ActionLog::told).toList());
    }

    private static Told told(Action action) {
        boolean told = action.reasons().isEmpty() || ActionText.toldByCreation(action);
        var first = told ? new Reason("", "", "") : action.reasons().getFirst();
        return new Told(
                EventType.ACTION,
                action.target(),
                first.field(),
                first.from(),
                first.to(),
                ActionText.of(action));
    }

    /** Writes that containers became healthy, in one write. */
    void healthy(List<Action.Wait> waits) {
        owner.tell(
                engine,
                waits.stream()
                        .map(
                                w ->
                                        new Told(
                                                EventType.HEALTHY,
                                                w.target(),
                                                "health",
                                                "",
                                                "healthy",
                                                w.container() + " is healthy"))
                        .toList());
    }

    /** Writes an event that does not change the state. */
    void tell(EventType type, String service, String field, String from, String to, String reason) {
        owner.tell(engine, type, service, field, from, to, reason);
    }

    /** Writes that an action failed and is retried: once for each message and state. */
    void trouble(String message) {
        if (!message.equals(lastTrouble) || writes != owner.writes()) {
            lastTrouble = message;
            writes = owner.writes();
            tell(EventType.TRYING_AGAIN, "", "", "", "", message);
        }
    }
}
