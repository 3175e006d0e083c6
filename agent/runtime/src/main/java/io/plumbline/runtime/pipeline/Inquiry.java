package io.plumbline.runtime.pipeline;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.PlanPolicy;
import io.plumbline.core.workload.PlannedAction;
import io.plumbline.core.workload.ReplacementStrategy;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.EngineTarget;
import io.plumbline.runtime.rollout.Reconciler;
import java.util.ArrayList;
import java.util.List;
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
     * A replica and its engine.
     *
     * @param engine its engine
     * @param replica as it is now
     */
    public record Found(EngineDriver engine, Replica replica) {}

    /** Returns the plan that repairs drift of the deployed release, without a deployment. */
    public Supplier<WorkloadPlan> repairs(Release release) {
        return planned(release, PlanPolicy.STEADY, List.of());
    }

    /**
     * Returns the plan for a release on all its engines, from what they report now.
     *
     * @param deployment the deployment of the release, which may not have begun; its stages are
     *     those of the plan
     */
    public Supplier<WorkloadPlan> plan(Release release, DeploymentRecord deployment) {
        return plan(release, deployment, List.of());
    }

    /**
     * The same for a restart.
     *
     * @param replaced ids of the replicas to replace
     */
    public Supplier<WorkloadPlan> plan(
            Release release, DeploymentRecord deployment, List<String> replaced) {
        var stages = reconciler.stages(deployment);
        var plan = planned(release, PlanPolicy.SETTLE, replaced);
        return () -> plan.get().through(stages);
    }

    private Supplier<WorkloadPlan> planned(
            Release release, PlanPolicy policy, List<String> replaced) {
        var questions = questions(release, policy, replaced, EngineSlice::plan);
        return () -> together(pipeline, release, answers(questions));
    }

    private static WorkloadPlan together(
            String pipeline, Release release, List<WorkloadPlan> plans) {
        var services = new TreeMap<String, ReplacementStrategy>();
        var actions = new ArrayList<PlannedAction>();
        var blockers = new ArrayList<String>();
        for (var plan : plans) {
            services.putAll(plan.services());
            actions.addAll(plan.actions());
            blockers.addAll(plan.blockers());
        }
        var any = plans.isEmpty() ? null : plans.getFirst();
        return new WorkloadPlan(
                pipeline,
                release.id(),
                any == null ? "" : any.commit(),
                any == null ? "" : any.from(),
                services,
                List.copyOf(actions),
                blockers.stream().distinct().toList(),
                plans.stream().flatMap(p -> p.withheld().stream()).distinct().toList(),
                List.of());
    }

    /** Returns the drift of the running containers from a release now. */
    public Supplier<List<FieldDrift>> drift(Release release) {
        var questions = questions(release, PlanPolicy.STEADY, List.of(), EngineSlice::drift);
        return () -> answers(questions).stream().flatMap(List::stream).toList();
    }

    /** Returns the pipeline's replicas on all engines that concern it. */
    public Supplier<List<Found>> replicas() {
        var questions =
                reconciler.engines().drivers().stream()
                        .map(e -> (Supplier<List<Found>>) () -> found(e, pipeline))
                        .toList();
        return () -> answers(questions).stream().flatMap(List::stream).toList();
    }

    private static List<Found> found(EngineDriver engine, String pipeline) {
        return engine.look(pipeline).replicas().stream().map(r -> new Found(engine, r)).toList();
    }

    private <T> List<Supplier<T>> questions(
            Release release,
            PlanPolicy policy,
            List<String> replaced,
            BiFunction<EngineSlice, EngineTarget, T> question) {
        reconciler.concern(release);
        var out = new ArrayList<Supplier<T>>();
        for (var slice : reconciler.engines().all()) {
            var order = reconciler.preview(release, policy, slice.name(), replaced);
            out.add(() -> question.apply(slice, order));
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
