package io.plumbline.core.rollout;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of a state with its events. The ledger writes it as one.
 *
 * @param state the next state
 * @param events its events, without sequence numbers
 * @param ended the deployment that another one replaced, as it ended; null if there is none
 */
public record Transition(
        PipelineState state, List<PipelineEvent> events, @Nullable DeploymentRecord ended) {

    /** Creates a transition in which no deployment replaces another. */
    public Transition(PipelineState state, List<PipelineEvent> events) {
        this(state, events, null);
    }

    /** Creates a transition that changes nothing. */
    public static Transition none(PipelineState state) {
        return new Transition(state, List.of());
    }

    /** Returns both transitions, one after the other. */
    public Transition then(Transition next) {
        var all = new ArrayList<>(events);
        all.addAll(next.events);
        return new Transition(next.state, List.copyOf(all), replaced(next));
    }

    private @Nullable DeploymentRecord replaced(Transition next) {
        var before = state.deployment();
        var after = next.state.deployment();
        if (next.ended != null || before == null || after == null) {
            return next.ended;
        }
        return before.id().equals(after.id()) ? ended : before;
    }

    /** Creates an event about the whole pipeline. */
    static PipelineEvent event(
            PipelineState s, EventType type, String from, String to, String reason, Instant at) {
        var d = s.deployment();
        return new PipelineEvent(
                0,
                at,
                s.pipeline(),
                d == null ? "" : d.id(),
                "",
                "",
                type.word(),
                "",
                from,
                to,
                reason);
    }
}
