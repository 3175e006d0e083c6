package io.plumbline.runtime.control;

import io.plumbline.core.release.AllowPolicy;
import io.plumbline.port.Cause;
import io.plumbline.port.Cordons;
import io.plumbline.port.GitSource;
import io.plumbline.port.Ledger;
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
import io.plumbline.runtime.pipeline.PipelineWorker;
import io.plumbline.runtime.placement.Claims;
import io.plumbline.runtime.rollout.StageList;
import io.plumbline.runtime.secrets.Redaction;
import io.plumbline.runtime.secrets.Secrets;
import io.plumbline.runtime.state.AgentIdentity;
import io.plumbline.runtime.state.EngineNames;
import io.plumbline.runtime.state.EventBus;
import io.plumbline.runtime.state.LedgerWatch;
import io.plumbline.runtime.state.Permissions;
import io.plumbline.runtime.state.Standings;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The running agent. It has one watcher for each repository, one for each engine, and one worker
 * for each pipeline ({@link PipelineRegistry}). {@link #close} stops the parts.
 */
public final class Agent implements AutoCloseable {
    private final Setup setup;
    private final EnginePace pace;
    private final List<StageList.Maker> stages;
    private final World world;
    private final Fleet fleet;
    private final EventBus events = new EventBus();
    private final Map<String, RepositoryWatcher> repositories = new LinkedHashMap<>();
    private final RepositoryProblems problems;
    private final AgentIdentity identity;
    private final EngineNames names = new EngineNames();
    private final Secrets secrets;
    private final PipelineRegistry pipelines;
    private final LedgerWatch ledgerWatch;

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
            Telemetry telemetry) {
        /** Returns a configured repository. */
        Watched watched(String repository) {
            return repositories.stream()
                    .filter(r -> r.name().equals(repository))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no repository " + repository));
        }
    }

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

        /** Returns the limits of its pipelines. */
        Permissions permissions(Ledger ledger) {
            return new Permissions(allow, externalVolumes, ledger);
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
                        events,
                        new Standings());
        this.problems =
                new RepositoryProblems(setup.ledger(), events, setup.ticker(), setup.telemetry());
        this.pipelines = new PipelineRegistry(setup, world, names, repositories, this.stages);
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
                        label -> pipelines.wake(names.pipeline(label), name),
                        why -> {
                            fleet.answers(name);
                            world.unseen().looked(name);
                            wakeAll(name, why);
                            pipelines.engineAnswers();
                        }));
    }

    /**
     * Starts watching and returns at once. The agent changes no container before it has observed
     * it.
     */
    public void start() {
        pipelines.start();
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
        pipelines.close();
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
        return pipelines.all();
    }

    public Optional<PipelineWorker> worker(String pipeline) {
        return pipelines.find(pipeline);
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
        return watched(repository).permissions(setup.ledger());
    }

    Watched watched(String repository) {
        return setup.watched(repository);
    }

    /** Wakes every pipeline, because an engine came, went, or was cordoned or drained. */
    void wakeAll(String engine, Cause why) {
        pipelines.wakeAll(engine, why);
    }

    /** Returns the pipeline that had this name before it was renamed. */
    Optional<PipelineWorker> onceCalled(String name) {
        return pipelines.onceCalled(name);
    }

    private void viewed(RepositoryView before, RepositoryView view, boolean changed) {
        problems.looked(view);
        pipelines.viewed(before, view, changed);
    }
}
