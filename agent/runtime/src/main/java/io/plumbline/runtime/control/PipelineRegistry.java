package io.plumbline.runtime.control;

import io.plumbline.core.rollout.PipelineState;
import io.plumbline.manifest.Pipeline;
import io.plumbline.port.Cause;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.loop.HourlyWarnings;
import io.plumbline.runtime.loop.LogFields;
import io.plumbline.runtime.pipeline.Lineages;
import io.plumbline.runtime.pipeline.PipelineOwner;
import io.plumbline.runtime.pipeline.PipelineWorker;
import io.plumbline.runtime.pipeline.Succession;
import io.plumbline.runtime.placement.Claims;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.rollout.StageList;
import io.plumbline.runtime.state.EngineNames;
import io.plumbline.runtime.state.Permissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of all pipelines.
 *
 * <ol>
 *   <li>At the start, each pipeline of the ledger gets a worker.
 *   <li>After a read of a repository, each pipeline of a repository that has no worker gets one: in
 *       the order of the configuration, then of file paths. The first pipeline wins a contested
 *       claim.
 *   <li>A pipeline that was renamed or moves to another repository gets a new worker when the
 *       earlier one has ended.
 * </ol>
 *
 * <p>Safe for several threads.
 */
final class PipelineRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineRegistry.class);

    private final Agent.Setup setup;
    private final World world;
    private final EngineNames names;
    private final Map<String, RepositoryWatcher> repositories;
    private final List<StageList.Maker> stages;
    private final Lineages lineages;
    private final HourlyWarnings twice;
    private final AtomicBoolean postponed = new AtomicBoolean();
    private final ConcurrentSkipListMap<String, PipelineWorker> workers =
            new ConcurrentSkipListMap<>();

    /**
     * Creates the registry without a worker.
     *
     * @param repositories by name, as they are now
     * @param stages the stages of every deployment
     */
    PipelineRegistry(
            Agent.Setup setup,
            World world,
            EngineNames names,
            Map<String, RepositoryWatcher> repositories,
            List<StageList.Maker> stages) {
        this.setup = setup;
        this.world = world;
        this.names = names;
        this.repositories = repositories;
        this.stages = stages;
        this.lineages = new Lineages(names, workers, repositories.values(), this::enginesOf);
        this.twice = new HourlyWarnings(setup.ticker());
    }

    private List<EngineDriver> enginesOf(String repository) {
        var named = setup.watched(repository).engines();
        return world.fleet().all().stream()
                .filter(e -> named.isEmpty() || named.contains(e.name()))
                .toList();
    }

    /** Starts a worker for each pipeline of the ledger. */
    void start() {
        var states = setup.ledger().pipelines().values();
        // Pipelines that were deployed have their names on the engines already, so they claim
        // first.
        states.stream()
                .sorted(Comparator.comparing(PipelineState::untouched))
                .forEach(s -> names.claim(s.pipeline(), s.engineName()));
        for (var state : states) {
            var repository = repositories.get(state.repository());
            if (repository == null) {
                LOG.warn(
                        "pipeline {} belongs to repository {}, which is not configured any more; it"
                                + " is left alone",
                        state.pipeline(),
                        state.repository());
            } else {
                workers.put(state.pipeline(), worker(state, repository));
            }
        }
        workers.values().forEach(PipelineWorker::start);
    }

    void close() {
        workers.values().forEach(PipelineWorker::close);
    }

    Collection<PipelineWorker> all() {
        return workers.values();
    }

    Optional<PipelineWorker> find(String pipeline) {
        return Optional.ofNullable(workers.get(pipeline));
    }

    /** Returns the pipeline that had this name before it was renamed. */
    Optional<PipelineWorker> onceCalled(String name) {
        return lineages.called(name);
    }

    /** Wakes a pipeline, because something happened on an engine. */
    void wake(String pipeline, String engine) {
        find(pipeline).ifPresent(worker -> worker.hint(engine, Cause.ENGINE_EVENT));
    }

    /** Wakes every pipeline, because an engine came, went, or was cordoned or drained. */
    void wakeAll(String engine, Cause why) {
        workers.values().forEach(w -> w.hint(engine, why));
    }

    /** Adds the pipelines that waited for what this engine shows. */
    void engineAnswers() {
        if (postponed.get()) {
            var _ = setup.ticker().tasks().start("take-up", this::takeUp);
        }
    }

    private RepositoryWatcher repository(String name) {
        var found = repositories.get(name);
        if (found == null) {
            throw new IllegalStateException("no repository " + name);
        }
        return found;
    }

    private Permissions permissions(Agent.Watched watched) {
        return watched.permissions(setup.ledger());
    }

    private PipelineWorker worker(PipelineState state, RepositoryWatcher repository) {
        var watched = setup.watched(repository.name());
        return new PipelineWorker(
                state,
                world,
                repository,
                permissions(watched),
                watched.engines(),
                new Owner(repository),
                stages);
    }

    private final class Owner implements PipelineOwner {
        private final RepositoryWatcher repository;

        Owner(RepositoryWatcher repository) {
            this.repository = repository;
        }

        @Override
        public void removed(String pipeline) {
            names.release(pipeline);
            var worker = workers.remove(pipeline);
            if (worker != null) {
                worker.close();
            }
        }

        @Override
        public Optional<Lineages.Heir> heir(PipelineState state) {
            return lineages.heir(state, repository);
        }

        @Override
        public boolean isAnother(PipelineState state) {
            return lineages.isAnother(state, repository);
        }

        @Override
        public Optional<String> objection(PipelineState state) {
            return lineages.objection(state, repository);
        }

        @Override
        public boolean left(String pipeline, String from) {
            var worker = workers.get(pipeline);
            var view = repository.view();
            return worker != null
                    && worker.repositoryName().equals(from)
                    && view.complete()
                    && !view.pipelines().containsKey(pipeline);
        }

        @Override
        public void renamed(String from, PipelineState state, CompletableFuture<?> ended) {
            PipelineWorker next;
            synchronized (names) {
                names.rename(from, state.pipeline());
                world.claims().rename(from, state.pipeline());
                next = worker(state, repository);
                workers.put(state.pipeline(), next);
                workers.remove(from);
            }
            var _ = ended.thenRun(next::start);
        }

        @Override
        public void takeUpAnew(String pipeline, CompletableFuture<?> ended) {
            var _ =
                    ended.thenRun(
                            () -> {
                                names.release(pipeline);
                                world.claims().release(pipeline);
                                workers.remove(pipeline);
                                var _ =
                                        world.ticker()
                                                .tasks()
                                                .start("take-up", PipelineRegistry.this::takeUp);
                            });
        }

        @Override
        public Optional<Succession.Successor> successor(String pipeline, String from) {
            return repositories.values().stream()
                    .filter(r -> !r.name().equals(from) && defines(r, pipeline))
                    .findFirst()
                    .map(
                            r -> {
                                var to = setup.watched(r.name());
                                return new Succession.Successor(r, permissions(to), to.engines());
                            });
        }

        @Override
        public void handedOver(PipelineState state, CompletableFuture<?> ended) {
            var next = worker(state, repository(state.repository()));
            workers.put(state.pipeline(), next);
            var _ = ended.thenRun(next::start);
        }
    }

    private static boolean defines(RepositoryWatcher repository, String pipeline) {
        var view = repository.view();
        return view.refused().isEmpty() && view.pipelines().containsKey(pipeline);
    }

    /** Adds and wakes workers, because a repository was read. */
    void viewed(RepositoryView before, RepositoryView view, boolean changed) {
        if (repositories.values().stream().allMatch(r -> r.looked() || r.late())) {
            takeUp();
        }
        if (changed) {
            new ViewWakes(setup.ticker().tasks(), workers.values()).wake(before, view);
        }
    }

    /**
     * Adds a worker for each pipeline that is in Git and has none, in the order in which claims are
     * won.
     */
    private synchronized void takeUp() {
        postponed.set(false);
        var fresh = new ArrayList<PipelineWorker>();
        for (var repository : repositories.values()) {
            var view = repository.view();
            view.pipelines().values().stream()
                    .sorted(Comparator.comparing(RepositoryView.Entry::file))
                    .forEach(
                            e -> {
                                var name = e.pipeline().metadata().name();
                                if (takeUp(name, repository, fresh)) {
                                    var ignored =
                                            world.claims()
                                                    .take(
                                                            name,
                                                            Claims.portsOf(e.pipeline()),
                                                            candidates(repository, e.pipeline()));
                                    ignored.ifPresent(t -> LOG.warn("{}: {}", name, t.reason()));
                                }
                            });
            view.broken().keySet().forEach(name -> takeUp(name, repository, fresh));
            if (!view.refused().isEmpty()) {
                running(repository).forEach(name -> takeUp(name, repository, fresh));
            }
        }
        fresh.forEach(PipelineWorker::start);
    }

    private List<EngineDriver> candidates(RepositoryWatcher repository, Pipeline pipeline) {
        return new PlacementView(
                        pipeline.metadata().name(),
                        world.fleet(),
                        world.claims(),
                        setup.watched(repository.name()).engines())
                .candidates(pipeline.placement());
    }

    /**
     * Returns the names of the repository's running pipelines, so that they stay visible while the
     * head may not be read.
     */
    private List<String> running(RepositoryWatcher repository) {
        return world.fleet().all().stream()
                .flatMap(e -> running(repository, e))
                .distinct()
                .toList();
    }

    private static Stream<String> running(RepositoryWatcher repository, EngineDriver engine) {
        try {
            return engine.pipelinesOf(repository.name()).stream();
        } catch (PlumblineException e) {
            // The engine is unreachable. The next read of the repository asks again.
            return Stream.empty();
        }
    }

    private boolean takeUp(String name, RepositoryWatcher repository, List<PipelineWorker> fresh) {
        var known = workers.get(name);
        if (known != null) {
            var owner = repository(known.repositoryName());
            if (owner != repository
                    && defines(owner, name)
                    && twice.due(name + " " + repository.name())) {
                LOG.warn(
                        "pipeline {} is defined in repository {} too; it belongs to {}, which alone"
                                + " may change it: remove it from one of the two",
                        name,
                        repository.name(),
                        owner.name());
            }
            return false;
        }
        synchronized (names) {
            return workers.get(name) == null
                    && switch (lineages.origin(name, repository)) {
                        case Lineages.Origin.Own own ->
                                takeUp(name, own.engineName(), repository, fresh);
                        case Lineages.Origin.Refused _ -> takeUp(name, name, repository, fresh);
                        case Lineages.Origin.Unknown _ -> {
                            postponed.set(true);
                            yield false;
                        }
                        case Lineages.Origin.Renamed renamed -> {
                            renamed.from().hint(LogFields.trigger());
                            yield false;
                        }
                    };
        }
    }

    private boolean takeUp(
            String name,
            String engineName,
            RepositoryWatcher repository,
            List<PipelineWorker> fresh) {
        var entry = repository.view().pipelines().get(name);
        var was = entry == null ? List.<String>of() : entry.pipeline().metadata().was();
        names.claim(name, engineName);
        var worker =
                worker(PipelineState.fresh(name, repository.name(), engineName, was), repository);
        workers.put(name, worker);
        fresh.add(worker);
        return true;
    }
}
