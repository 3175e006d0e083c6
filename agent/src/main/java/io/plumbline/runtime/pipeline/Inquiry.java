package io.plumbline.runtime.pipeline;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.plan.Action;
import io.plumbline.core.plan.Drift;
import io.plumbline.core.plan.DriftFinder;
import io.plumbline.core.plan.Plan;
import io.plumbline.core.plan.PlanPolicy;
import io.plumbline.core.plan.Planner;
import io.plumbline.core.plan.ReplacementStrategy;
import io.plumbline.core.release.Release;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.apply.EngineReconciler;
import io.plumbline.runtime.apply.EngineTarget;
import io.plumbline.runtime.apply.PlanInputBuilder;
import io.plumbline.runtime.engine.EngineWatcher;
import io.plumbline.runtime.rollout.Reconciler;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * The questions of operators to a pipeline's engines. All engines are observed at the same time. An
 * engine that does not answer is left out, unless none answers.
 *
 * <p>The methods run on the pipeline's thread and return suppliers. The suppliers wait for the
 * engines, so they run on other threads.
 */
public final class Inquiry {
    private final String pipeline;
    private final Reconciler reconciler;
    private final Tasks tasks;

    public Inquiry(String pipeline, Reconciler reconciler, Tasks tasks) {
        this.pipeline = pipeline;
        this.reconciler = reconciler;
        this.tasks = tasks;
    }

    /**
     * A container and its engine.
     *
     * @param engine its engine
     * @param container as it is now
     */
    public record Found(EngineWatcher engine, LiveContainer container) {}

    /** Returns the plan for a release on all its engines, from what they report now. */
    public Supplier<Plan> plan(Release release, PlanPolicy policy) {
        return plan(release, policy, List.of());
    }

    /**
     * The same for a restart.
     *
     * @param replaced ids of the containers to replace
     */
    public Supplier<Plan> plan(Release release, PlanPolicy policy, List<String> replaced) {
        var questions =
                questions(
                        release,
                        policy,
                        replaced,
                        (lookout, order) -> Planner.plan(lookout.peek(order)));
        return () -> together(pipeline, release, answers(questions));
    }

    private static Plan together(String pipeline, Release release, List<Plan> plans) {
        var services = new TreeMap<String, ReplacementStrategy>();
        var actions = new ArrayList<Action>();
        var blockers = new ArrayList<String>();
        for (var plan : plans) {
            services.putAll(plan.services());
            actions.addAll(plan.actions());
            blockers.addAll(plan.blockers());
        }
        var any = plans.isEmpty() ? null : plans.getFirst();
        return new Plan(
                pipeline,
                release.id(),
                any == null ? "" : any.commit(),
                any == null ? "" : any.from(),
                services,
                List.copyOf(actions),
                blockers.stream().distinct().toList(),
                plans.stream().flatMap(p -> p.withheld().stream()).distinct().toList());
    }

    /** Returns the drift of the running containers from a release now. */
    public Supplier<List<Drift>> drift(Release release) {
        var questions =
                questions(
                        release,
                        PlanPolicy.STEADY,
                        List.of(),
                        (lookout, order) -> DriftFinder.find(lookout.peek(order)));
        return () -> answers(questions).stream().flatMap(List::stream).toList();
    }

    /** Returns the pipeline's containers on all engines of its engine reconcilers. */
    public Supplier<List<Found>> containers() {
        var engines = reconciler.engines().all().stream().map(EngineReconciler::engine).toList();
        var questions =
                engines.stream()
                        .map(e -> (Supplier<List<Found>>) () -> found(e, pipeline))
                        .toList();
        return () -> answers(questions).stream().flatMap(List::stream).toList();
    }

    private static List<Found> found(EngineWatcher engine, String pipeline) {
        return engine.look(pipeline, Set.of()).containers().stream()
                .map(c -> new Found(engine, c))
                .toList();
    }

    private <T> List<Supplier<T>> questions(
            Release release,
            PlanPolicy policy,
            List<String> replaced,
            BiFunction<PlanInputBuilder, EngineTarget, T> question) {
        reconciler.concern(release);
        var out = new ArrayList<Supplier<T>>();
        for (var engineReconciler : reconciler.engines().all()) {
            var order = reconciler.preview(release, policy, engineReconciler.name(), replaced);
            out.add(() -> engineReconciler.ask(lookout -> question.apply(lookout, order)));
        }
        return out;
    }

    /** Asks all questions at the same time. */
    private <T> List<T> answers(List<Supplier<T>> questions) {
        var out = new ArrayList<T>();
        PlumblineException trouble = null;
        for (var answer : asked(questions)) {
            try {
                out.add(tasks.get(answer));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof PlumblineException p)) {
                    throw new IllegalStateException(e.getCause());
                }
                trouble = p;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new PlumblineException(
                        FailureKind.TRANSIENT, "asking the engines was interrupted");
            }
        }
        if (out.isEmpty() && trouble != null) {
            throw trouble;
        }
        return out;
    }

    private <T> List<CompletableFuture<T>> asked(List<Supplier<T>> questions) {
        var out = new ArrayList<CompletableFuture<T>>();
        for (var question : questions) {
            out.add(tasks.ask("asking-" + out.size(), question));
        }
        return out;
    }
}
