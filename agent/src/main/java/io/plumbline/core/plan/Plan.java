package io.plumbline.core.plan;

import java.util.List;
import java.util.SortedMap;

/**
 * The ordered way from observed to desired on one engine, as far as it can be foreseen. A runner
 * does the first unit, looks again and plans again; done to the end it leads to a state in which
 * planning gives nothing.
 *
 * @param pipeline its name
 * @param release desired
 * @param commit that renders it
 * @param from the release deployed before, or empty
 * @param services how each service that changes is replaced
 * @param actions in order; empty when observed is desired
 * @param blockers what stands in the way and must be moved by a person, such as a network of
 *     somebody else under our name; where there are any, nothing is to be done
 * @param withheld what is not planned because a container, an image or a list of the engine does
 *     not answer; while there is any, the plan does not lead to all that is desired
 */
public record Plan(
        String pipeline,
        String release,
        String commit,
        String from,
        SortedMap<String, Strategy> services,
        List<Action> actions,
        List<String> blockers,
        List<String> withheld) {

    /** A plan on an engine on which everything answers. */
    public Plan(
            String pipeline,
            String release,
            String commit,
            String from,
            SortedMap<String, Strategy> services,
            List<Action> actions,
            List<String> blockers) {
        this(pipeline, release, commit, from, services, actions, blockers, List.of());
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return actions.isEmpty();
    }
}
