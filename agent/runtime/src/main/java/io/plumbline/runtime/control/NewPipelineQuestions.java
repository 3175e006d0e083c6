package io.plumbline.runtime.control;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.RepositoryReader;
import io.plumbline.runtime.git.SentFiles;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.pipeline.Inquiry;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.render.RecordedHead;
import io.plumbline.runtime.render.Renderer;
import io.plumbline.runtime.rollout.Reconciler;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The questions about a pipeline that the agent does not have yet. They change nothing: the
 * pipeline gets no worker, and its engine reconcilers get no order.
 */
final class NewPipelineQuestions {
    private final Agent agent;
    private final String pipeline;
    private final Agent.Watched repository;
    private final PlacementView sites;

    /**
     * Creates the questions about one pipeline.
     *
     * @param repository the repository that would define it
     */
    NewPipelineQuestions(Agent agent, String pipeline, Agent.Watched repository) {
        this.agent = agent;
        this.pipeline = pipeline;
        this.repository = repository;
        var world = agent.world();
        this.sites =
                new PlacementView(pipeline, world.fleet(), world.claims(), repository.engines());
    }

    /**
     * Returns the plan for files that the caller sent, as {@link PipelineQuestions#plan(Map)} does.
     *
     * @param missing the error if the files do not define the pipeline
     * @throws PlumblineException {@code MISSING} if the files have no error and do not define the
     *     pipeline
     */
    WorkloadPlan plan(Map<String, byte[]> files, String missing) {
        var sent = new SentFiles(files);
        var view = new RepositoryReader(repository.name(), sent, repository.files()).read("", "");
        var errors = view.brokenFiles().values().stream().flatMap(List::stream).toList();
        var entry = view.pipelines().get(pipeline);
        if (entry == null) {
            if (errors.isEmpty()) {
                throw new PlumblineException(FailureKind.MISSING, missing);
            }
            return nothing(errors);
        }
        var rendered =
                new Renderer(agent.setup().ledger(), sites, pipeline, pipeline)
                        .render(
                                entry.pipeline(),
                                entry.file(),
                                "",
                                (path, _) -> sent.find(path),
                                agent.permissions(repository.name()),
                                false);
        var head = RecordedHead.of(rendered, agent.setup().ledger(), pipeline);
        var plan =
                switch (head) {
                    case Head.Ready ready -> planOf(ready.release());
                    case Head.Broken b -> nothing(List.of(b.reason()));
                    case Head.Unresolved u -> nothing(List.of(u.reason()));
                    case Head.Preparing p -> nothing(List.of(p.reason()));
                    case Head.Failed x -> nothing(List.of(x.reason()));
                    case Head.Left _, Head.Unseen _ ->
                            throw new IllegalStateException("rendering knows no commits");
                };
        return PipelineQuestions.behind(errors, plan);
    }

    private WorkloadPlan planOf(Release release) {
        if (agent.worker(pipeline).isPresent()) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT, pipeline + " was found in Git just now; plan it again");
        }
        var world = agent.world();
        var state = PipelineState.fresh(pipeline, repository.name());
        var reconciler =
                new Reconciler(
                        repository.name(),
                        world,
                        agent.permissions(repository.name()),
                        new Journal(state, world, sites),
                        sites,
                        () -> {},
                        agent.stages());
        try {
            return new Inquiry(pipeline, reconciler, world.ticker().tasks())
                    .plan(release, reconciler.deployment(release))
                    .get();
        } finally {
            reconciler.close();
        }
    }

    private WorkloadPlan nothing(List<String> blockers) {
        return new WorkloadPlan(pipeline, "", "", "", new TreeMap<>(), List.of(), blockers);
    }
}
