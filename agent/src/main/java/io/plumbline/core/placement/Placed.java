package io.plumbline.core.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where the replicas of a release belong, and why.
 *
 * @param assignment where
 * @param moves replicas that change their engine
 * @param choices a sentence for each service and engine, in the order of the release's services and
 *     the configuration's engines
 * @param problems what could not be done as asked
 */
public record Placed(
        Assignment assignment, List<Move> moves, List<Choice> choices, List<Problem> problems) {

    /** The first problem with which the release must not be brought out. */
    public Optional<Problem> blocker() {
        return problems.stream()
                .filter(p -> p.kind().blocking())
                .min(Comparator.comparing(Problem::kind));
    }

    /** The sentences of one service. */
    public List<Choice> why(String service) {
        return choices.stream().filter(c -> c.service().equals(service)).toList();
    }
}
