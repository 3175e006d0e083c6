package io.plumbline.core.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The placement of a release, with its reasons.
 *
 * @param assignment the replicas of each engine
 * @param moves replicas that change their engine
 * @param choices a sentence for each service and engine, in the order of the release's services and
 *     the configuration's engines
 * @param problems what could not be placed as requested
 */
public record PlacementResult(
        Assignment assignment,
        List<Move> moves,
        List<Choice> choices,
        List<PlacementProblem> problems) {

    /** Returns the first problem that prevents a deployment of the release. */
    public Optional<PlacementProblem> blocker() {
        return problems.stream()
                .filter(p -> p.kind().blocking())
                .min(Comparator.comparing(PlacementProblem::kind));
    }

    /** Returns the sentences of one service. */
    public List<Choice> why(String service) {
        return choices.stream().filter(c -> c.service().equals(service)).toList();
    }
}
