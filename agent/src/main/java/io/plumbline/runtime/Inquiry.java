package io.plumbline.runtime;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.DriftFinder;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Planner;
import io.plumbline.core.plan.Strategy;
import io.plumbline.core.release.Release;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * What people ask of a pipeline's engines: each is looked at now, those that do not answer are left
 * out unless none does. The pipeline's thread only.
 */
final class Inquiry {
    private final Reconciler reconciler;

    Inquiry(Reconciler reconciler) {
        this.reconciler = reconciler;
    }

    /**
     * A container and where it is.
     *
     * @param engine its engine
     * @param container as it is now
     */
    record Found(EngineWatcher engine, LiveContainer container) {}

    /** What would be done for a release on all its engines, from what is there now. */
    Plan plan(Release release, PlanPolicy policy) {
        var plans =
                ask(
                        release,
                        lane -> {
                            var order = reconciler.preview(release, policy, lane.name());
                            return lane.ask(lookout -> Planner.plan(lookout.peek(order)));
                        });
        var services = new TreeMap<String, Strategy>();
        var actions = new ArrayList<Action>();
        var blockers = new ArrayList<String>();
        for (var plan : plans) {
            services.putAll(plan.services());
            actions.addAll(plan.actions());
            blockers.addAll(plan.blockers());
        }
        var any = plans.isEmpty() ? null : plans.getFirst();
        return new Plan(
                release.pipeline(),
                release.id(),
                any == null ? "" : any.commit(),
                any == null ? "" : any.from(),
                services,
                List.copyOf(actions),
                blockers.stream().distinct().toList());
    }

    /** How what runs differs from a release now. */
    List<Drift> drift(Release release) {
        return ask(
                        release,
                        lane -> {
                            var order = reconciler.preview(release, PlanPolicy.STEADY, lane.name());
                            return lane.ask(lookout -> DriftFinder.find(lookout.peek(order)));
                        })
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    /** The pipeline's containers on all engines that concern it. */
    List<Found> containers(String pipeline) {
        return reconciler
                .lanes()
                .ask(
                        lane ->
                                lane.engine().look(pipeline, Set.of()).containers().stream()
                                        .map(c -> new Found(lane.engine(), c))
                                        .toList())
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    private <T> List<T> ask(Release release, java.util.function.Function<Lane, T> question) {
        reconciler.concern(release);
        return reconciler.lanes().ask(question);
    }
}
