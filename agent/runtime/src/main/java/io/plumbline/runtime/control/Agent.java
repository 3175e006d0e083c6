package io.plumbline.runtime.control;

import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.manifest.Pipeline;
import io.plumbline.port.Cause;
import io.plumbline.port.Cordons;
import io.plumbline.port.GitSource;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretValue;
import io.plumbline.port.Telemetry;
import io.plumbline.port.Ticker;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.engine.EnginePace;
import io.plumbline.runtime.engine.Fleet;
import io.plumbline.runtime.engine.UnobservedEngines;
import io.plumbline.runtime.git.CommitGate;
import io.plumbline.runtime.git.FileLimits;
import io.plumbline.runtime.git.RepositoryProblems;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.git.SignatureRule;
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
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.AgentIdentity;
import io.plumbline.runtime.state.EngineNames;
import io.plumbline.runtime.state.EventBus;
import io.plumbline.runtime.state.LedgerWatch;
import io.plumbline.runtime.state.Permissions;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running agent. It has one watcher for each repository, one for each engine, and one worker
 * for each pipeline. At the start, the agent first takes the pipelines of the ledger. Then it adds
 * those of the repositories, in the order of the configuration, then of file paths. The first
 * pipeline wins a contested claim. {@link #close} stops the parts.
 */
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

    private final Setup setup;
    private final EnginePace pace;
    private final List<StageList.Maker> stages;
    private final World world;
    private final Fleet fleet;
    private final EventBus events = new EventBus();
    private final Map<String, RepositoryWatcher> repositories = new LinkedHashMap<>();
    private final HourlyWarnings twice;
    private final RepositoryProblems problems;
    private final AgentIdentity identity;
    private final EngineNames names = new EngineNames();
    private final Secrets secrets;
    private final Lineages lineages;
    private final LedgerWatch ledgerWatch;
    private final AtomicBoolean postponed = new AtomicBoolean();
    private final ConcurrentSkipListMap<String, PipelineWorker> workers =
            new ConcurrentSkipListMap<>();

    /**
     * The default time for which a replaced container stays up for clients that resolved its name
     * before.
     */
    public static final Duration DRAIN = DriverSetup.DRAIN;

    /**
     * The parts and settings of an agent.
     *
     * @param agent value of the label {@code plumbline.agent}
     * @param relist time between two full observations of an engine
     * @param engines in the order of the configuration, at least one
     * @param repositories in the order of the configuration
     * @param ledger open
     * @param cordons the engines that operators cordoned or drained
     * @param redaction in front of the secret store
     * @param hasher keyed hash of a secret's value
     * @param ticker the clock and the threads
     * @param drain how long a replaced container stays up, see {@link #DRAIN}
     * @param telemetry for metrics
     */
    public record Setup(
            String agent,
            Duration relist,
            List<Configured> engines,
            List<Watched> repositories,
            Ledger ledger,
            Cordons cordons,
            Redaction redaction,
            Function<SecretValue, String> hasher,
            Ticker ticker,
            Duration drain,
            Telemetry telemetry) {}

    /**
     * A configured engine.
     *
     * @param driver makes its driver
     * @param endpoint for display
     * @param labels cloud, region, ...
     * @param pricePerHour in the operator's currency, null for none
     * @param nanoCpus capacity for replicas, CPUs times 10^9; null for what the engine has
     * @param memory capacity for replicas, bytes; null for what the engine has
     */
    public record Configured(
            DriverFactory driver,
            String endpoint,
            SortedMap<String, String> labels,
            @Nullable BigDecimal pricePerHour,
            @Nullable Long nanoCpus,
            @Nullable Long memory) {}

    /**
     * A configured repository.
     *
     * @param name unique
     * @param git its mirror
     * @param poll time between two fetches
     * @param allow what its pipelines may do
     * @param externalVolumes existing volumes that its pipelines may mount
     * @param engines the engines that its pipelines may use; empty means all
     * @param signatures which commits must be signed, and the verifier; null if none must be
     * @param files limits of the bytes of its pipelines' files
     */
    public record Watched(
            String name,
            GitSource git,
            Duration poll,
            AllowPolicy allow,
            Set<String> externalVolumes,
            List<String> engines,
            @Nullable SignatureRule signatures,
            FileLimits files) {
        /** Creates a repository with the default limits of files. */
        public Watched(
                String name,
                GitSource git,
                Duration poll,
                AllowPolicy allow,
                Set<String> externalVolumes,
                List<String> engines,
                @Nullable SignatureRule signatures) {
            this(name, git, poll, allow, externalVolumes, engines, signatures, FileLimits.DEFAULT);
        }
    }

    /** Creates an agent without starting it. */
    public Agent(Setup setup) {
        this(setup, EnginePace.USUAL);
    }

    /** Creates an agent with another pace of its engine watchers, for tests. */
    public Agent(Setup setup, EnginePace pace) {
        this(setup, pace, StageList.STANDARD);
    }

    /** Creates an agent whose deployments have other stages, for tests. */
    public Agent(Setup setup, EnginePace pace, List<StageList.Maker> stages) {
        this.setup = setup;
        this.pace = pace;
        this.stages = List.copyOf(stages);
        this.twice = new HourlyWarnings(setup.ticker());
        this.ledgerWatch = new LedgerWatch(setup.ledger(), setup.ticker());
        this.identity =
                new AgentIdentity(
                        setup.agent(), setup.ledger(), setup.engines().size(), events::publish);
        this.secrets = new Secrets(setup.redaction(), setup.hasher());
        this.fleet =
                new Fleet(
                        setup.engines().stream()
                                .map(
                                        c ->
                                                new Fleet.Member(
                                                        driver(c.driver()),
                                                        c.labels(),
                                                        c.pricePerHour(),
                                                        c.nanoCpus(),
                                                        c.memory()))
                                .toList(),
                        setup.cordons());
        this.world =
                new World(
                        setup.agent(),
                        setup.ledger(),
                        new UnobservedEngines(setup.ledger(), fleet),
                        fleet,
                        secrets,
                        new Claims(),
                        setup.ticker(),
                        setup.drain(),
                        setup.telemetry(),
                        events);
        this.problems =
                new RepositoryProblems(setup.ledger(), events, setup.ticker(), setup.telemetry());
        this.lineages = new Lineages(names, workers, repositories.values(), this::enginesOf);
        for (var r : setup.repositories()) {
            repositories.put(
                    r.name(),
                    new RepositoryWatcher(
                            r.name(),
                            r.git(),
                            r.poll(),
                            setup.ticker(),
                            setup.telemetry(),
                            new CommitGate(
                                    r.name(),
                                    r.git(),
                                    r.signatures(),
                                    setup.ledger(),
                                    setup.ticker()),
                            r.files(),
                            this::viewed));
        }
    }

    private EngineDriver driver(DriverFactory factory) {
        var name = factory.name();
        return factory.open(
                new DriverSetup(
                        identity,
                        names,
                        setup.relist(),
                        pace,
                        setup.drain(),
                        setup.ledger(),
                        secrets,
                        setup.ticker(),
                        setup.telemetry(),
                        label -> wake(names.pipeline(label), name),
                        why -> {
                            fleet.answers(name);
                            world.unseen().looked(name);
                            wakeAll(name, why);
                            if (postponed.get()) {
                                var _ = setup.ticker().tasks().start("take-up", this::takeUp);
                            }
                        }));
    }

    private List<EngineDriver> enginesOf(String repository) {
        var named = watched(repository).engines();
        return fleet.all().stream()
                .filter(e -> named.isEmpty() || named.contains(e.name()))
                .toList();
    }

    /**
     * Starts watching and returns at once. The agent changes no container before it has observed
     * it.
     */
    public void start() {
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
        fleet.start();
        repositories.values().forEach(RepositoryWatcher::start);
        ledgerWatch.start();
    }

    /** Returns the interface for the server. */
    public AgentControl control() {
        return new AgentControl(this);
    }

    @Override
    public void close() {
        ledgerWatch.close();
        workers.values().forEach(PipelineWorker::close);
        repositories.values().forEach(RepositoryWatcher::close);
        fleet.close();
    }

    public Setup setup() {
        return setup;
    }

    World world() {
        return world;
    }

    /** Returns the stages of its deployments. */
    List<StageList.Maker> stages() {
        return stages;
    }

    Collection<PipelineWorker> workers() {
        return workers.values();
    }

    public Optional<PipelineWorker> worker(String pipeline) {
        return Optional.ofNullable(workers.get(pipeline));
    }

    RepositoryProblems problems() {
        return problems;
    }

    public Collection<RepositoryWatcher> repositories() {
        return repositories.values();
    }

    RepositoryWatcher repository(String name) {
        var found = repositories.get(name);
        if (found == null) {
            throw new IllegalStateException("no repository " + name);
        }
        return found;
    }

    Permissions permissions(String repository) {
        return permissions(watched(repository));
    }

    private Permissions permissions(Watched watched) {
        return new Permissions(watched.allow(), watched.externalVolumes(), setup.ledger());
    }

    Watched watched(String repository) {
        return setup.repositories().stream()
                .filter(r -> r.name().equals(repository))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no repository " + repository));
    }

    private void wake(String pipeline, String engine) {
        var worker = workers.get(pipeline);
        if (worker != null) {
            worker.hint(engine, Cause.ENGINE_EVENT);
        }
    }

    /** Wakes every pipeline, because an engine came, went, or was cordoned or drained. */
    void wakeAll(String engine, Cause why) {
        workers.values().forEach(w -> w.hint(engine, why));
    }

    private PipelineWorker worker(PipelineState state, RepositoryWatcher repository) {
        var watched = watched(repository.name());
        return new PipelineWorker(
                state,
                world,
                repository,
                permissions(watched),
                watched.engines(),
                new Owner(repository),
                stages);
    }

    /** Returns the pipeline that had this name before it was renamed. */
    Optional<PipelineWorker> onceCalled(String name) {
        return lineages.called(name);
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
                                var _ = setup.ticker().tasks().start("take-up", Agent.this::takeUp);
                            });
        }

        @Override
        public Optional<Succession.Successor> successor(String pipeline, String from) {
            return repositories.values().stream()
                    .filter(r -> !r.name().equals(from) && defines(r, pipeline))
                    .findFirst()
                    .map(
                            r -> {
                                var to = watched(r.name());
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

    private void viewed(RepositoryView view, boolean changed) {
        problems.looked(view);
        if (repositories.values().stream().allMatch(r -> r.looked() || r.late())) {
            takeUp();
        }
        for (var worker : workers.values()) {
            boolean concerned =
                    worker.repositoryName().equals(view.repository())
                            || view.pipelines().containsKey(worker.pipeline());
            if (changed && concerned) {
                worker.hint(LogFields.trigger());
            }
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
                        fleet,
                        world.claims(),
                        watched(repository.name()).engines())
                .candidates(pipeline.placement());
    }

    /**
     * Returns the names of the repository's running pipelines, so that they stay visible while the
     * head may not be read.
     */
    private List<String> running(RepositoryWatcher repository) {
        return fleet.all().stream().flatMap(e -> running(repository, e)).distinct().toList();
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
