package io.plumbline.core.rollout;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A state that follows another, with what is to be told of it. Written to the ledger as one.
 *
 * @param state what holds now
 * @param events what happened, without sequence numbers
 * @param ended the deployment that another one took the place of, as it ended; null if none did
 */
public record Transition(
        PipelineState state, List<PipelineEvent> events, @Nullable Deployment ended) {

    /** One in which no deployment takes the place of another. */
    public Transition(PipelineState state, List<PipelineEvent> events) {
        this(state, events, null);
    }

    /** Nothing happened. */
    public static Transition none(PipelineState state) {
        return new Transition(state, List.of());
    }

    /** Both, one after the other. */
    public Transition then(Transition next) {
        var all = new ArrayList<>(events);
        all.addAll(next.events);
        return new Transition(next.state, List.copyOf(all), replaced(next));
    }

    private @Nullable Deployment replaced(Transition next) {
        var before = state.deployment();
        var after = next.state.deployment();
        if (next.ended != null || before == null || after == null) {
            return next.ended;
        }
        return before.id().equals(after.id()) ? ended : before;
    }

    /** An event about a pipeline as a whole. */
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
