package io.plumbline.engine.docker.apply;

import io.plumbline.core.placement.Usage;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Observation;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.observe.ActionSlots;
import io.plumbline.engine.docker.observe.ControlExperiments;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.NormalForm;
import io.plumbline.engine.docker.plan.Replicas;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.EngineSlice;
import io.plumbline.port.driver.RestartSlots;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.secrets.Secrets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A Docker engine as a place where replicas run: each is a container. */
public final class DockerDriver implements EngineDriver {
    private final EngineWatcher watcher;
    private final DriverSetup setup;
    private final ActionSlots slots;
    private final ControlExperiments experiments;
    private final DockerSteps steps;
    private final RestartSlots restarts = new RestartSlots();

    /**
     * Creates the driver over a watcher that has the same setup.
     *
     * @param slots for the actions of all pipelines on the engine
     */
    public DockerDriver(EngineWatcher watcher, DriverSetup setup, ActionSlots slots) {
        this.watcher = watcher;
        this.setup = setup;
        this.slots = slots;
        this.steps = new DockerSteps(watcher, setup, slots.pulls());
        this.experiments = new ControlExperiments(watcher.engine(), setup.ticker());
    }

    /** Returns the maker of the driver of this engine, with the default parallelism. */
    public static DriverFactory of(EngineClient engine) {
        return of(engine, ActionSlots.DEFAULT);
    }

    /**
     * Returns the maker of the driver of this engine.
     *
     * @param parallelism how many units of actions a pipeline runs there at the same time at most
     */
    public static DriverFactory of(EngineClient engine, int parallelism) {
        return new DriverFactory() {
            @Override
            public String name() {
                return engine.name();
            }

            @Override
            public EngineDriver open(DriverSetup setup) {
                return new DockerDriver(
                        new EngineWatcher(engine, setup), setup, new ActionSlots(parallelism));
            }
        };
    }

    @Override
    public String name() {
        return watcher.engine().name();
    }

    EngineWatcher watcher() {
        return watcher;
    }

    @Override
    public void start() {
        watcher.start();
    }

    @Override
    public EngineSlice slice(SliceOwner owner) {
        return new EngineReconciler(owner, setup, watcher, slots, experiments);
    }

    @Override
    public Seen seen() {
        return watcher.seen();
    }

    @Override
    public boolean stale() {
        return watcher.stale();
    }

    @Override
    public Optional<Duration> unreachableFor() {
        return watcher.unreachableFor();
    }

    @Override
    public Optional<Duration> reachableFor() {
        return watcher.reachableFor();
    }

    @Override
    public String contested(boolean brief) {
        return brief ? watcher.second().brief() : watcher.second().why();
    }

    @Override
    public void askAgain() {
        watcher.askAgain();
    }

    @Override
    public void probeNow() {
        watcher.probeNow();
    }

    @Override
    public Observation look(String pipeline) {
        return Replicas.of(watcher.look(pipeline, Set.of()), Map.of());
    }

    @Override
    public Observation last(String pipeline) {
        return new Observation(name(), watcher.last(pipeline).stream().map(Replicas::of).toList());
    }

    @Override
    public Map<String, Usage> used() {
        var out = new TreeMap<String, Usage>();
        watcher.lastByPipeline().forEach((pipeline, all) -> out.put(pipeline, usage(all)));
        return out;
    }

    private static Usage usage(Collection<LiveContainer> containers) {
        var alive = containers.stream().filter(LiveContainer::alive).toList();
        return new Usage(
                alive.stream().mapToLong(c -> c.config().nanoCpus()).sum(),
                alive.stream().mapToLong(c -> c.config().memory()).sum());
    }

    @Override
    public Set<String> pipelines() {
        return watcher.lastByPipeline().keySet();
    }

    @Override
    public Set<String> pipelinesOf(String repository) {
        return watcher.byPipeline().entrySet().stream()
                .filter(
                        e ->
                                e.getValue().stream()
                                        .anyMatch(
                                                c -> c.label(Labels.REPOSITORY).equals(repository)))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public boolean has(String pipeline) {
        return watcher.has(pipeline);
    }

    @Override
    public boolean carries(String engineName, Predicate<String> repositories, boolean replicas) {
        return watcher.carries(engineName, repositories, replicas);
    }

    @Override
    public List<String> removeShared(String engineName) {
        var troubles = new ArrayList<String>();
        try {
            // They are connected to the networks.
            steps.removeAll(engineName);
        } catch (PlumblineException e) {
            troubles.add(String.valueOf(e.getMessage()));
        }
        var names =
                Set.of(
                        ContainerLayout.networkName(engineName),
                        ContainerLayout.baseNetworkName(engineName));
        var engine = watcher.engine();
        engine.networks().stream()
                .filter(n -> names.contains(n.name()))
                .filter(n -> setup.identity().agent().equals(n.labels().get(Labels.AGENT)))
                .forEach(
                        n -> {
                            try {
                                engine.removeNetwork(n.id());
                            } catch (PlumblineException e) {
                                troubles.add(String.valueOf(e.getMessage()));
                            }
                        });
        return troubles;
    }

    @Override
    public AutoCloseable logs(
            String replica, LogStart start, boolean follow, Consumer<LogLine> lines, Runnable end) {
        return watcher.engine().logs(replica, start, follow, lines, end);
    }

    @Override
    public RestartSlots restarts() {
        return restarts;
    }

    @Override
    public Optional<StepEngine> steps() {
        return Optional.of(steps);
    }

    @Override
    public Optional<FoundImage> image(String name) {
        return watcher.engine()
                .image(name)
                .map(i -> new FoundImage(i.id(), List.copyOf(i.repoDigests())));
    }

    @Override
    public Optional<String> registryDigest(String reference) {
        return watcher.engine().registryDigest(reference);
    }

    @Override
    public Map<String, Boolean> images(String pipeline, Set<String> names) {
        return watcher.images(pipeline, names);
    }

    @Override
    public Set<String> startable(
            String pipeline,
            Map<ReleaseService, Integer> services,
            SortedMap<String, String> secrets) {
        watcher.touchedWorld();
        var names = new TreeSet<String>();
        services.keySet().forEach(s -> names.add(s.spec().image().engineName()));
        var state = watcher.look(pipeline, names);
        var out = new TreeSet<String>();
        services.forEach(
                (service, replicas) -> {
                    if (startable(service, replicas, state, secrets)) {
                        out.add(service.name());
                    }
                });
        return out;
    }

    private static boolean startable(
            ReleaseService service,
            int replicas,
            EngineState state,
            SortedMap<String, String> secrets) {
        if (state.images().containsKey(service.spec().image().engineName())) {
            return true;
        }
        long kept =
                state.containers().stream()
                        .filter(c -> c.label(Labels.SERVICE).equals(service.name()))
                        .filter(c -> c.label(Labels.SPEC).equals(service.specHash()))
                        .filter(
                                c ->
                                        c.label(Labels.SECRETS)
                                                .equals(Secrets.label(service, secrets)))
                        .filter(c -> c.alive() || c.state() == RunState.EXITED)
                        .count();
        return kept >= replicas;
    }

    @Override
    public Map<String, String> specText(ReleaseService service, String pipeline) {
        return NormalForm.desired(service.spec(), null, pipeline).fields();
    }

    @Override
    public Figures figures() {
        return watcher.figures();
    }

    @Override
    public void close() {
        watcher.close();
    }
}
