package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;

/**
 * The rule for the service's name of a container that is not healthy, in the steady state.
 *
 * <ol>
 *   <li>It loses the name while another replica of the service on the engine is healthy and has the
 *       name. A container whose ports are published on the network of names is left unchanged,
 *       because a new connect would change its ports.
 *   <li>It gets the name if no other replica on the engine has it. It lost the name when another
 *       client disconnected it, or when a reconnect did not finish. A container that still starts,
 *       and is connected, gets the name when it is healthy.
 * </ol>
 */
final class NameRule {
    private NameRule() {}

    /** Whether an unhealthy container loses the name. */
    static boolean leaves(PlanInput in, ContainerMatch match, LiveContainer c) {
        return match.aliased(c)
                && ContainerMatch.connectable(c)
                && (c.config().ports().isEmpty() || c.networks().size() > 1)
                && in.observed().containers().stream()
                        .filter(o -> isOther(match, c, o))
                        .anyMatch(o -> match.aliased(o) && in.verdict(o.id()) == Verdict.HEALTHY);
    }

    /** Whether a container without the name gets it before it is healthy. */
    static boolean takesUp(PlanInput in, ContainerMatch match, LiveContainer c) {
        boolean lost = !match.attached(c) || in.verdict(c.id()) != Verdict.WAITING;
        return lost
                && !in.policy().deploying()
                && c.alive()
                && !match.aliased(c)
                && in.observed().containers().stream()
                        .noneMatch(o -> isOther(match, c, o) && match.aliased(o));
    }

    private static boolean isOther(ContainerMatch match, LiveContainer c, LiveContainer o) {
        return !o.id().equals(c.id())
                && o.state() == RunState.RUNNING
                && match.isCurrent(o)
                && ContainerMatch.place(o).service().equals(ContainerMatch.place(c).service());
    }
}
