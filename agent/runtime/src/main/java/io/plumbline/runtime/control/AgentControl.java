package io.plumbline.runtime.control;

import io.plumbline.api.Caller;
import io.plumbline.api.Command;
import io.plumbline.api.Graph;
import io.plumbline.api.ReleaseDifference;
import io.plumbline.api.RepositoryStatus;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.core.FailureKind;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.status.PipelineStatus;
import io.plumbline.core.status.StatusAt;
import io.plumbline.core.step.GraphRecords;
import io.plumbline.core.workload.FieldDrift;
import io.plumbline.core.workload.Replica;
import io.plumbline.core.workload.WorkloadPlan;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.PipelineGraph;
import io.plumbline.port.Cause;
import io.plumbline.port.Control;
import io.plumbline.port.GitSource;
import io.plumbline.port.LogChoice;
import io.plumbline.port.LogItem;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.engine.EngineReport;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.journal.ShownStatus;
import io.plumbline.runtime.loop.Hint;
import io.plumbline.runtime.pipeline.PipelineWorker;
import io.plumbline.runtime.run.RunQuestions;
import io.plumbline.runtime.run.StepLogs;
import io.plumbline.runtime.secrets.Redaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The control of a running agent. It answers questions about the agent itself. {@link
 * PipelineQuestions} answers those about one pipeline, and {@link PipelineCommands} and {@link
 * EngineCommands} carry out commands.
 */
public final class AgentControl implements Control {
    private static final int WHY_LOOKS_AT = 2000;
    private static final int WHY_SHOWS = 100;

    private final Agent agent;
    private final Redaction redaction;

    AgentControl(Agent agent) {
        this.agent = agent;
        this.redaction = agent.setup().redaction();
    }

    private static final int EVENTS_AT_ONCE = 1000;

    private PipelineWorker worker(String pipeline) {
        return agent.worker(pipeline)
                .orElseThrow(() -> new PlumblineException(FailureKind.MISSING, missing(pipeline)));
    }

    private String missing(String pipeline) {
        return agent.onceCalled(pipeline)
                .map(PipelineWorker::pipeline)
                .map(
                        now ->
                                "pipeline "
                                        + pipeline
                                        + " was renamed and is called "
                                        + now
                                        + " now: `plumb status "
                                        + now
                                        + "` shows it")
                .orElse(
                        "no pipeline "
                                + pipeline
                                + " here"
                                + Hint.nearest(
                                        pipeline,
                                        agent.workers().stream()
                                                .map(PipelineWorker::pipeline)
                                                .toList())
                                + "; `plumb status` lists them, `plumb sync` looks at Git now");
    }

    private PipelineQuestions questions(String pipeline) {
        return new PipelineQuestions(agent, worker(pipeline));
    }

    private ServiceLogs serviceLogs(String pipeline, String service) {
        return new ServiceLogs(agent, worker(pipeline), service);
    }

    @Override
    public List<PipelineStatus> status() {
        return agent.workers().stream().map(this::statusOf).toList();
    }

    @Override
    public PipelineStatus status(String pipeline) {
        return statusOf(worker(pipeline));
    }

    private PipelineStatus statusOf(PipelineWorker worker) {
        var view = agent.repository(worker.repositoryName()).view();
        var ledger = agent.setup().ledger();
        return ShownStatus.of(
                worker.snapshot(),
                agent.world().fleet(),
                ledger.unwritable().orElse(""),
                view.problem(),
                id -> ledger.commitOf(worker.pipeline(), id).orElse(""));
    }

    @Override
    public StatusAt.Past statusAt(String pipeline, Instant at) {
        worker(pipeline);
        var ledger = agent.setup().ledger();
        var status = new StatusAt(pipeline, at, id -> ledger.release(pipeline, id));
        status.begin(ledger.history(pipeline, EVENTS_AT_ONCE));
        long after = 0;
        while (true) {
            var page = ledger.events(pipeline, after, EVENTS_AT_ONCE);
            page.forEach(status::take);
            if (page.size() < EVENTS_AT_ONCE) {
                return status.past();
            }
            after = page.getLast().seq();
        }
    }

    @Override
    public Optional<GitSource.CommitInfo> commit(String pipeline, String commit) {
        return agent.worker(pipeline)
                .flatMap(w -> agent.repository(w.repositoryName()).commits().find(commit));
    }

    @Override
    public WorkloadPlan plan(String pipeline) {
        return questions(pipeline).plan();
    }

    @Override
    public WorkloadPlan plan(String pipeline, Map<String, byte[]> files) {
        return agent.worker(pipeline).isPresent() || agent.onceCalled(pipeline).isPresent()
                ? questions(pipeline).plan(files)
                : new NewPipelineQuestions(agent, pipeline, onlyRepository(pipeline))
                        .plan(files, missing(pipeline));
    }

    /** Returns the repository of a pipeline that the agent does not have yet. */
    private Agent.Watched onlyRepository(String pipeline) {
        var all = agent.setup().repositories();
        if (all.size() != 1) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    missing(pipeline)
                            + ". A new pipeline is planned only by an agent with one repository;"
                            + " `plumb validate` checks its manifest");
        }
        return all.getFirst();
    }

    @Override
    public List<FieldDrift> diff(String pipeline) {
        var found = questions(pipeline).diff();
        return found.stream()
                .map(
                        d ->
                                new FieldDrift(
                                        d.engine(),
                                        d.service(),
                                        d.replica(),
                                        d.name(),
                                        d.field(),
                                        redaction.redact(d.want()),
                                        redaction.redact(d.live())))
                .toList();
    }

    @Override
    public List<ReleaseDifference> diff(
            String pipeline, @Nullable String from, @Nullable String to) {
        return questions(pipeline).diff(from, to).stream()
                .map(
                        d ->
                                new ReleaseDifference(
                                        d.service(),
                                        d.field(),
                                        redaction.redact(d.from()),
                                        redaction.redact(d.to()),
                                        redaction.redact(d.text())))
                .toList();
    }

    @Override
    public List<DeploymentRecord> history(String pipeline, int limit) {
        var history = agent.setup().ledger().history(pipeline, limit);
        if (history.isEmpty()) {
            // That of a removed pipeline stays on record; of another one there is nothing.
            worker(pipeline);
        }
        return history;
    }

    @Override
    public List<Run> runs(String pipeline, int limit) {
        var runs = runsOf(pipeline).newest(limit);
        if (runs.isEmpty()) {
            // As in the history: those of a removed pipeline stay on record.
            worker(pipeline);
        }
        return runs;
    }

    @Override
    public Run run(String pipeline, long number) {
        runs(pipeline, 1);
        return runsOf(pipeline).get(number);
    }

    @Override
    public List<RunArtifact> artifacts(String pipeline) {
        var artifacts = runsOf(pipeline).artifacts();
        if (artifacts.isEmpty()) {
            worker(pipeline);
        }
        return artifacts;
    }

    @Override
    public ArtifactBytes artifact(String pipeline, String digest) {
        return runsOf(pipeline).bytes(digest);
    }

    private RunQuestions runsOf(String pipeline) {
        return new RunQuestions(pipeline, agent.setup().ledger(), redaction::redact);
    }

    @Override
    public Graph graph(String pipeline) {
        return manifest(pipeline)
                .map(p -> GraphRecords.of(PipelineGraph.of(p)))
                .orElseThrow(() -> RunQuestions.noManifest(pipeline));
    }

    /** Returns the pipeline in the newest commit; empty if it has no valid manifest there. */
    private Optional<Pipeline> manifest(String pipeline) {
        var view = agent.repository(worker(pipeline).repositoryName()).view();
        return Optional.ofNullable(view.pipelines().get(pipeline)).map(e -> e.pipeline());
    }

    @Override
    public List<PipelineEvent> events(@Nullable String pipeline, long after, int limit) {
        return agent.setup().ledger().events(pipeline, after, limit);
    }

    @Override
    public List<PipelineEvent> lastEvents(@Nullable String pipeline, long before, int limit) {
        return agent.setup().ledger().lastEvents(pipeline, before, limit);
    }

    @Override
    public AutoCloseable subscribe(Consumer<PipelineEvent> events) {
        return agent.world().events().subscribe(events);
    }

    @Override
    public List<PipelineEvent> why(String pipeline, @Nullable String service) {
        worker(pipeline);
        var all =
                agent.setup().ledger().lastEvents(pipeline, WHY_LOOKS_AT).stream()
                        .filter(e -> !e.reason().isEmpty())
                        .filter(
                                e ->
                                        service == null
                                                || e.service().isEmpty()
                                                || e.service().equals(service))
                        .toList();
        return all.subList(Math.max(0, all.size() - WHY_SHOWS), all.size());
    }

    @Override
    public Reply execute(Command command, Caller caller) {
        return switch (command) {
            case Command.SyncAll _ -> syncAll(caller);
            case Command.OfEngine c -> new EngineCommands(agent).execute(c, caller);
            case Command.OfPipeline c -> {
                if (c instanceof Command.Sync && agent.worker(c.pipeline()).isEmpty()) {
                    fetchAll();
                }
                yield new PipelineCommands(agent, worker(c.pipeline())).execute(c, caller);
            }
        };
    }

    private Reply syncAll(Caller caller) {
        if (!caller.dryRun()) {
            var views = fetchAll();
            for (var worker : agent.workers()) {
                var _ = worker.tryAgain(false, false);
            }
            return synced(views);
        }
        return Reply.of(
                Outcome.WOULD_NOT_CHANGE,
                "would read all repositories; `plumb plan PIPELINE` tells what that changes");
    }

    private static Reply synced(List<RepositoryView> views) {
        long bad = views.stream().filter(v -> !v.notRead().isEmpty()).count();
        var notes =
                views.stream()
                        .filter(v -> !note(v).isEmpty())
                        .map(v -> "repository " + v.repository() + ": " + note(v))
                        .toList();
        var read =
                bad == 0
                        ? "all repositories are read, all pipelines are looked at"
                        : "%d of %d repositories %s; all pipelines are looked at"
                                .formatted(
                                        bad,
                                        views.size(),
                                        bad == 1 ? "has a problem" : "have problems");
        var outcome = bad == 0 ? Outcome.ACCEPTED : Outcome.INCOMPLETE;
        return Reply.of(outcome, read).notes(notes);
    }

    /**
     * Returns the repository's problem, also one that did not prevent reading, such as a rewritten
     * history.
     */
    private static String note(RepositoryView view) {
        return view.notRead().isEmpty() ? view.problem() : view.notRead();
    }

    private List<RepositoryView> fetchAll() {
        var asked = new LinkedHashMap<RepositoryWatcher, CompletableFuture<RepositoryView>>();
        agent.repositories().forEach(r -> asked.put(r, r.fetchNow(Cause.OPERATOR)));
        return asked.entrySet().stream().map(e -> e.getKey().await(e.getValue())).toList();
    }

    @Override
    public AutoCloseable logs(LogQuestion q, Consumer<LogItem> items, Runnable end) {
        var steps = stepLogs(q.pipeline());
        var run = q.choice() instanceof LogChoice.OfRun(long number) ? number : null;
        if (run != null
                || (q.choice() instanceof LogChoice.Current
                        && steps.has(q.service(), manifest(q.pipeline())))) {
            return steps.open(
                    new StepLogs.Question(q.service(), run, q.start(), q.follow(), List.of()),
                    items,
                    end);
        }
        return new LogReading(q, items, end)
                .start(serviceLogs(q.pipeline(), q.service()).find(q.choice()));
    }

    private StepLogs stepLogs(String pipeline) {
        var worker = worker(pipeline);
        return new StepLogs(pipeline, worker.state().engineName(), agent.world());
    }

    @Override
    public AutoCloseable follow(FollowQuestion q, Consumer<LogItem> items, Runnable end) {
        var steps = stepLogs(q.pipeline());
        if (steps.has(q.service(), manifest(q.pipeline()))) {
            var seen = q.seen();
            return steps.open(
                    new StepLogs.Question(
                            q.service(), null, q.start(), true, seen == null ? List.of() : seen),
                    items,
                    end);
        }
        var world = agent.world();
        var follower =
                LogFollower.start(
                        serviceLogs(q.pipeline(), q.service()).toFollow(),
                        world.ticker().tasks(),
                        q.start(),
                        q.seen(),
                        items,
                        end);
        var events =
                world.events()
                        .subscribe(
                                e -> {
                                    if (e.pipeline().equals(q.pipeline())) {
                                        follower.hint();
                                    }
                                });
        return () -> LogReading.closeAll(List.of(events, follower));
    }

    @Override
    public List<EngineView> engines() {
        var fleet = agent.world().fleet();
        var endpoints = new HashMap<String, String>();
        agent.setup().engines().forEach(c -> endpoints.put(c.driver().name(), c.endpoint()));
        return fleet.members().stream()
                .map(
                        m ->
                                EngineReport.view(
                                        m.driver(),
                                        EngineReport.Card.of(
                                                        m, endpoints.getOrDefault(m.name(), ""))
                                                .with(() -> fleet.cordon(m.name()))))
                .toList();
    }

    @Override
    public List<RepositoryStatus> repositories() {
        return agent.repositories().stream().map(agent.problems()::status).toList();
    }

    @Override
    public List<String> notReady() {
        var out = new ArrayList<String>();
        agent.setup().ledger().unwritable().ifPresent(out::add);
        for (var r : agent.repositories()) {
            if (!r.looked()) {
                out.add("repository " + r.name() + " has not been looked at yet");
            }
        }
        // While at least one engine has been observed, an engine that does not answer does not make
        // the agent not ready.
        var engines = agent.world().fleet().all();
        boolean none = engines.stream().noneMatch(e -> e.seen().ever());
        for (var engine : engines) {
            var seen = engine.seen();
            if (!seen.ever() && (none || !seen.away())) {
                out.add("engine " + engine.name() + ": " + seen.reason());
            }
        }
        return out;
    }

    static boolean of(Replica c, String service) {
        return c.service().equals(service);
    }
}
