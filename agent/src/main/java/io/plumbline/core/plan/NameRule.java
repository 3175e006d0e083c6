package io.plumbline.core.plan;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;

/**
 * The rule by which a container that is not healthy has its service's name in the steady state.
 *
 * <ol>
 *   <li>It leaves the name while another replica of the service on the engine is healthy and
 *       answers to the name. A container whose published ports are on the network of its names is
 *       left as it is: to connect it again gives it other ports.
 *   <li>It takes up the name when no other replica on the engine answers to it: it lost the name
 *       when somebody disconnected it, or when a reconnect did not end. One that is still starting,
 *       and is connected, gets the name when it is healthy.
 * </ol>
 */
final class NameRule {
    private NameRule() {}

    /** Whether an unhealthy container leaves the name. */
    static boolean leaves(PlanInput in, Lineup lineup, LiveContainer c) {
        return lineup.aliased(c)
                && Lineup.connectable(c)
                && (c.config().ports().isEmpty() || c.networks().size() > 1)
                && in.observed().containers().stream()
                        .filter(o -> isOther(lineup, c, o))
                        .anyMatch(o -> lineup.aliased(o) && in.verdict(o.id()) == Verdict.HEALTHY);
    }

    /** Whether a container without the name takes it up before it is healthy. */
    static boolean takesUp(PlanInput in, Lineup lineup, LiveContainer c) {
        boolean lost = !lineup.attached(c) || in.verdict(c.id()) != Verdict.WAITING;
        return lost
                && !in.policy().deploying()
                && c.alive()
                && !lineup.aliased(c)
                && in.observed().containers().stream()
                        .noneMatch(o -> isOther(lineup, c, o) && lineup.aliased(o));
    }

    private static boolean isOther(Lineup lineup, LiveContainer c, LiveContainer o) {
        return !o.id().equals(c.id())
                && o.state() == RunState.RUNNING
                && lineup.isCurrent(o)
                && Lineup.place(o).service().equals(Lineup.place(c).service());
    }
}
