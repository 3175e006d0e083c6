package io.plumbline.core.plan;

import io.plumbline.core.observed.LiveContainer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an engine runs beyond its share: what was started elsewhere while it was away, or has moved
 * on. It is stopped whatever else is to be done there, and whatever stands in the way of that; what
 * becomes of the stopped containers the next plan decides.
 */
public final class Surplus {
    private Surplus() {}

    /**
     * The plan that stops it; pure and total.
     *
     * @param atMost how many replicas of each service may run there; none of a service that is not
     *     in it
     */
    public static Plan plan(PlanInput in, Map<String, Integer> atMost) {
        var draft = new Draft(in, new Lineup(in));
        in.observed().containers().stream()
                .filter(Lineup::up)
                .filter(c -> !in.observed().leaveAlone(c))
                .filter(c -> Lineup.place(c).replica() > share(c, atMost))
                .filter(c -> !in.deferred().cleanUp(c.id()))
                .sorted(Comparator.comparing(LiveContainer::name))
                .forEach(c -> draft.stopToKeep(c, List.of(why(c, share(c, atMost)))));
        return new Plan(
                in.release().pipeline(),
                in.release().id(),
                in.commit(),
                in.from(),
                new TreeMap<>(),
                List.copyOf(draft.actions),
                List.of());
    }

    private static int share(LiveContainer c, Map<String, Integer> atMost) {
        return atMost.getOrDefault(Lineup.place(c).service(), 0);
    }

    private static Reason why(LiveContainer c, int share) {
        return new Reason(
                "replicas",
                Integer.toString(Lineup.place(c).replica()),
                share + ", as it runs elsewhere by now");
    }
}
