package io.plumbline.core.plan;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.RunState;

/**
 * The rule by which an unhealthy container leaves its service's name in the steady state: another
 * replica of the service on the engine is healthy and answers to the name. Nothing is done to a
 * container whose published ports hang on that same network: to attach it again gives it other
 * ports.
 */
final class NameLeaving {
    private NameLeaving() {}

    static boolean leaves(PlanInput in, Lineup lineup, LiveContainer c) {
        return lineup.aliased(c)
                && Lineup.connectable(c)
                && (c.config().ports().isEmpty() || c.networks().size() > 1)
                && in.observed().containers().stream()
                        .filter(o -> !o.id().equals(c.id()))
                        .filter(o -> o.state() == RunState.RUNNING && lineup.isCurrent(o))
                        .filter(o -> Lineup.place(o).service().equals(Lineup.place(c).service()))
                        .anyMatch(o -> lineup.aliased(o) && in.verdict(o.id()) == Verdict.HEALTHY);
    }
}
