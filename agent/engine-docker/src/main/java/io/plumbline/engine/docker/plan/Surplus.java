package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.Reason;
import io.plumbline.engine.docker.live.LiveContainer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The containers that an engine runs beyond its share. They were started elsewhere while it was
 * unreachable, or their replica has moved. They are stopped whatever else must be done there, and
 * despite blockers. The next plan decides what happens to the stopped containers.
 */
public final class Surplus {
    private Surplus() {}

    /**
     * Returns the plan that stops them; pure and total.
     *
     * @param atMost how many replicas of each service may run there; none of a service that is
     *     missing
     */
    public static ActionPlan plan(PlanInput in, Map<String, Integer> atMost) {
        var builder = new PlanBuilder(in, new ContainerMatch(in));
        in.observed().containers().stream()
                .filter(ContainerMatch::up)
                .filter(c -> !in.observed().leaveAlone(c))
                .filter(c -> ContainerMatch.place(c).replica() > share(c, atMost))
                .filter(c -> !in.deferred().cleanUp(c.id()))
                .sorted(Comparator.comparing(LiveContainer::name))
                .forEach(
                        c -> {
                            builder.chain();
                            builder.stopToKeep(c, List.of(why(c, share(c, atMost))));
                        });
        return new ActionPlan(
                in.release().pipeline(),
                in.release().id(),
                in.commit(),
                in.from(),
                new TreeMap<>(),
                builder.stages(),
                List.of(),
                List.of());
    }

    private static int share(LiveContainer c, Map<String, Integer> atMost) {
        return atMost.getOrDefault(ContainerMatch.place(c).service(), 0);
    }

    private static Reason why(LiveContainer c, int share) {
        return new Reason(
                "replicas",
                Integer.toString(ContainerMatch.place(c).replica()),
                share + ", as it runs elsewhere by now");
    }
}
