package io.plumbline.runtime;

import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.release.Release;
import java.util.List;
import java.util.function.Predicate;

/** A part of a plan that may be done before, or without, the rest of it. */
final class Portion {
    private Portion() {}

    /** All but giving containers their service's name. */
    static Plan withoutNames(Plan plan) {
        return of(plan, a -> !(a instanceof Action.Connect c && c.alias()));
    }

    /** What takes away containers of services that have no replica here, or are no more. */
    static Plan ofServicesWithoutReplicas(Plan plan, Release slice) {
        return of(
                plan,
                a ->
                        takesAway(a)
                                && slice.service(a.target())
                                        .filter(s -> s.replicas() > 0)
                                        .isEmpty());
    }

    private static boolean takesAway(Action action) {
        return switch (action) {
            case Action.Stop _, Action.Remove _, Action.Update _, Action.Disconnect _ -> true;
            case Action.Connect c -> !c.alias();
            case Action.Pull _,
                    Action.CreateNetwork _,
                    Action.CreateVolume _,
                    Action.Create _,
                    Action.Copy _,
                    Action.Start _,
                    Action.Wait _,
                    Action.Rename _,
                    Action.Unpause _ ->
                    false;
        };
    }

    private static Plan of(Plan plan, Predicate<Action> which) {
        return new Plan(
                plan.pipeline(),
                plan.release(),
                plan.commit(),
                plan.from(),
                plan.services(),
                List.copyOf(plan.actions().stream().filter(which).toList()),
                plan.blockers());
    }
}
