package io.plumbline.runtime.control;

import io.plumbline.api.ReleaseDifference;
import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseDiff;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.RepositoryReader;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.SentFiles;
import io.plumbline.runtime.pipeline.Inquiry;
import io.plumbline.runtime.pipeline.PipelineWorker;
import io.plumbline.runtime.render.RecordedHead;
import io.plumbline.runtime.render.Renderer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The questions about one pipeline. Each question is prepared on the pipeline's own thread. Engines
 * and registries are then asked on the caller's thread, so that no question delays a rollback.
 */
final class PipelineQuestions {
    private final Agent agent;
    private final PipelineWorker worker;

    PipelineQuestions(Agent agent, PipelineWorker worker) {
        this.agent = agent;
        this.worker = worker;
    }

    /** Returns the plan for the head. */
    WorkloadPlan plan() {
        worker.awaitHead();
        return worker.ask(this::planNow).get();
    }

    private Supplier<WorkloadPlan> planNow() {
        var state = worker.journal().state();
        var head = worker.heads().look(agent.repository(worker.repositoryName()).view());
        return switch (head) {
            case Head.Ready ready -> planOf(ready, state);
            case Head.Broken b -> () -> nothing(state, b.commit(), b.reason());
            case Head.Unresolved u -> () -> nothing(state, u.commit(), u.reason());
            case Head.Preparing p -> () -> nothing(state, p.commit(), p.reason());
            case Head.Failed x -> () -> nothing(state, x.commit(), x.reason());
            case Head.Unseen u -> () -> nothing(state, "", u.reason());
            case Head.Left l ->
                    () -> nothing(state, l.commit(), state.pipeline() + " is not in this commit");
        };
    }

    /**
     * Returns the plan for a release. If the agent will not deploy it by itself, the first blocker
     * says why.
     */
    private Supplier<WorkloadPlan> planOf(Head.Ready ready, PipelineState state) {
        var plan = preview(ready.release(), state);
        var why = RolloutStateMachine.whyNot(state, ready);
        if (why == null) {
            return plan;
        }
        return () -> behind(List.of("it will not be deployed: " + why), plan.get());
    }

    /** Returns the plan for a release. If it is deployed, only drift is repaired. */
    private Supplier<WorkloadPlan> preview(Release release, PipelineState state) {
        boolean steady = release.id().equals(state.deployed()) && state.active().isEmpty();
        return steady
                ? worker.inquiry().repairs(release)
                : worker.inquiry().plan(release, worker.reconciler().deployment(release));
    }

    private static WorkloadPlan nothing(PipelineState state, String commit, String... why) {
        return new WorkloadPlan(
                state.pipeline(),
                "",
                commit,
                state.deployed() == null ? "" : state.deployed(),
                new TreeMap<>(),
                List.of(),
                List.of(why));
    }

    /**
     * Returns the plan for files that the caller sent. The blockers are all errors of the files,
     * because the agent refuses a folder with an error, and why the release cannot be deployed.
     *
     * @throws PlumblineException {@code INVALID} if the files have no error and do not define the
     *     pipeline
     */
    WorkloadPlan plan(Map<String, byte[]> files) {
        var sent = new SentFiles(files);
        var repository = worker.repositoryName();
        var view =
                new RepositoryReader(repository, sent, agent.watched(repository).files())
                        .read("", "");
        var errors = view.brokenFiles().values().stream().flatMap(List::stream).toList();
        var entry = view.pipelines().get(worker.pipeline());
        if (entry == null) {
            var none = "none of the files defines pipeline " + worker.pipeline();
            if (errors.isEmpty()) {
                throw invalid(none);
            }
            var blockers = new ArrayList<>(errors);
            if (!view.broken().containsKey(worker.pipeline())) {
                blockers.add(none);
            }
            return blocked("", blockers);
        }
        var plan =
                switch (rendered(entry, sent)) {
                    case Head.Ready ready ->
                            worker.ask(() -> preview(ready.release(), worker.journal().state()))
                                    .get();
                    case Head.Broken b -> blocked("", List.of(b.reason()));
                    case Head.Unresolved u -> blocked("", List.of(u.reason()));
                    case Head.Preparing p -> blocked("", List.of(p.reason()));
                    case Head.Failed x -> blocked("", List.of(x.reason()));
                    case Head.Left _, Head.Unseen _ ->
                            throw new IllegalStateException("rendering knows no commits");
                };
        return behind(errors, plan);
    }

    private Head rendered(RepositoryView.Entry entry, SentFiles sent) {
        var rendered =
                new Renderer(
                                agent.setup().ledger(),
                                worker.sites(),
                                worker.pipeline(),
                                worker.state().engineName())
                        .render(
                                entry.pipeline(),
                                entry.file(),
                                "",
                                (path, _) -> sent.find(path),
                                agent.permissions(worker.repositoryName()),
                                false);
        return RecordedHead.of(rendered, agent.setup().ledger(), worker.pipeline());
    }

    private WorkloadPlan blocked(String commit, List<String> why) {
        return behind(why, worker.ask(() -> nothing(worker.journal().state(), commit)));
    }

    /** Returns the plan with further blockers, which come first. */
    static WorkloadPlan behind(List<String> blockers, WorkloadPlan plan) {
        return new WorkloadPlan(
                plan.pipeline(),
                plan.release(),
                plan.commit(),
                plan.from(),
                plan.services(),
                plan.actions(),
                Stream.concat(blockers.stream(), plan.blockers().stream()).toList(),
                plan.withheld(),
                plan.stages());
    }

    private static PlumblineException invalid(String why) {
        return new PlumblineException(FailureKind.INVALID, why);
    }

    /** Returns the drift of the deployed release. */
    List<FieldDrift> diff() {
        return worker.ask(this::driftNow).get();
    }

    private Supplier<List<FieldDrift>> driftNow() {
        var release = worker.reconciler().releases().find(worker.journal().state().deployed());
        return release == null ? List::of : worker.inquiry().drift(release);
    }

    /** Returns the pipeline's containers on all its engines, as they are now. */
    List<Inquiry.Found> replicas() {
        return worker.ask(() -> worker.inquiry().replicas()).get();
    }

    /**
     * Returns the differences between two stored releases; null stands for the deployed release.
     */
    List<ReleaseDifference> diff(@Nullable String from, @Nullable String to) {
        // Only the names are resolved on the pipeline's thread, because files can be large.
        var both = worker.ask(() -> List.of(stored(from), stored(to)));
        var before = both.getFirst();
        var after = both.getLast();
        return ReleaseDiff.between(before, after, agent.world().fleet()::specText).stream()
                .map(d -> difference(d, before, after))
                .toList();
    }

    private Release stored(@Nullable String name) {
        var id = name != null ? name : worker.state().deployed();
        if (id == null) {
            throw invalid(
                    worker.pipeline() + " has no deployed release: name both with --from and --to");
        }
        return resolve(id);
    }

    private ReleaseDifference difference(ReleaseDiff.Difference d, Release before, Release after) {
        var text =
                d.field().startsWith("files[")
                        ? TextDiff.of(d.field(), bytes(before, d), bytes(after, d))
                        : "";
        return new ReleaseDifference(d.service(), d.field(), d.from(), d.to(), text);
    }

    private Optional<FileBytes> bytes(Release release, ReleaseDiff.Difference d) {
        return ReleaseDiff.file(release, d.service(), d.field())
                .flatMap(f -> agent.setup().ledger().file(f.sha256()));
    }

    /**
     * Returns a stored release by its id, a prefix of the id, or a commit. Only within {@link
     * PipelineWorker#ask}.
     *
     * @throws PlumblineException {@code INVALID} if the prefix is ambiguous, {@code MISSING} if
     *     there is no such release
     */
    Release resolve(String name) {
        var pipeline = worker.pipeline();
        var ledger = agent.setup().ledger();
        var id = name.startsWith("v1:") ? name : "v1:" + name;
        var byId = ledger.releases(pipeline).stream().filter(r -> r.id().startsWith(id)).toList();
        if (byId.size() > 1 && byId.stream().noneMatch(r -> r.id().equals(id))) {
            throw invalid(name + " stands for " + byId.size() + " releases; write more of it");
        }
        if (!byId.isEmpty()) {
            return byId.stream().filter(r -> r.id().equals(id)).findFirst().orElse(byId.getFirst());
        }
        return ledger.releasesOfCommit(pipeline, name).stream()
                .flatMap(r -> Stream.ofNullable(worker.reconciler().releases().find(r)))
                .findFirst()
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING,
                                        "no release of "
                                                + pipeline
                                                + " and no commit that was rendered here begins"
                                                + " with "
                                                + name
                                                + "; `plumb history "
                                                + pipeline
                                                + "` lists them"));
    }
}
