package io.plumbline.engine.docker.traffic;

import io.plumbline.engine.docker.live.LiveContainer;
import java.util.Collection;
import java.util.function.Predicate;

/**
 * Who receives the requests to a service of one pipeline on one engine, by what the engine reports.
 * The planner decides when a container begins and ceases to receive requests; the router says what
 * is so now, and keeps a service reachable while no replica is healthy.
 */
public interface TrafficRouter {

    /** Whether the container can receive requests: it is where the router leads them. */
    boolean reaches(LiveContainer c);

    /** Whether the container receives requests to its service. */
    boolean receives(LiveContainer c);

    /** Whether the container receives the requests to its service and no others. */
    boolean receivesOnlyItsOwn(LiveContainer c);

    /** Whether no requests reach the container by a name. */
    boolean receivesNone(LiveContainer c);

    /** Returns what the container receives, for display. */
    String shown(LiveContainer c);

    /**
     * Whether an unhealthy container ceases to receive requests, because another one is healthy.
     *
     * @param others the other running containers of its service
     * @param healthy whether a container is healthy
     */
    boolean leaves(
            LiveContainer c, Collection<LiveContainer> others, Predicate<LiveContainer> healthy);

    /**
     * Whether a container receives requests although it is not healthy, because no other one does.
     *
     * @param others the other running containers of its service
     * @param starting whether it still starts and was not judged
     */
    boolean takesUp(LiveContainer c, Collection<LiveContainer> others, boolean starting);
}
