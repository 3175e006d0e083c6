package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.SpecFile;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.Names;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.observe.EngineWatcher;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.OwnLabels;
import io.plumbline.engine.docker.plan.PlanInput;
import io.plumbline.engine.docker.traffic.NetworkAlias;
import io.plumbline.port.FileBytes;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.secrets.Secrets;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The executor of a plan's actions on one engine. An action is one or two calls of the {@link
 * Engine}. The calls are idempotent, so an action can be repeated. {@link PullTask} does the pulls,
 * because a pull may take long and can be cancelled. Safe for several threads.
 */
final class ActionRunner {
    private final EngineClient engine;
    private final EngineWatcher watcher;
    private final Ledger ledger;
    private final ContainerParts parts;
    private final String agent;
    private final String repository;

    ActionRunner(EngineWatcher watcher, DriverSetup setup, String repository) {
        this.engine = watcher.engine();
        this.watcher = watcher;
        this.ledger = setup.ledger();
        this.agent = setup.identity().agent();
        this.parts = new ContainerParts(engine, setup.secrets().store(), agent);
        this.repository = repository;
    }

    /**
     * The state that the actions of one unit share: the id of the container that the unit created.
     */
    static final class Unit {
        private String made = "";

        String container(String planned) {
            return planned.isEmpty() ? made : planned;
        }
    }

    /**
     * Carries out one action.
     *
     * @throws PlumblineException with the kind that the {@link EngineClient} gives
     */
    void run(Action action, PlanInput input, Unit unit) {
        try {
            act(action, input, unit);
        } finally {
            // An observation made during the call may show the state before it.
            switch (action) {
                case Action.Connect c -> watcher.touched(unit.container(c.containerId()));
                case Action.Copy _ -> watcher.touched(unit.container(""));
                case Action.Start s -> watcher.touched(unit.container(s.containerId()));
                case Action.Disconnect d -> watcher.touched(d.containerId());
                case Action.Update u -> watcher.touched(u.containerId());
                case Action.Rename r -> watcher.touched(r.containerId());
                case Action.Unpause u -> watcher.touched(u.containerId());
                case Action.Stop s -> watcher.touched(s.containerId());
                case Action.Remove r -> watcher.touched(r.containerId());
                case Action.Pull _,
                        Action.CreateNetwork _,
                        Action.CreateVolume _,
                        Action.Create _,
                        Action.Wait _ -> {}
            }
        }
    }

    private void act(Action action, PlanInput input, Unit unit) {
        var release = input.release();
        switch (action) {
            case Action.Pull p ->
                    throw new PlumblineException(
                            FailureKind.FAULT, "pulls are not run here: " + p.image());
            case Action.CreateNetwork n -> {
                engine.createNetwork(n.target(), ownLabels(release));
                watcher.touchedWorld();
            }
            case Action.CreateVolume v -> {
                engine.createVolume(v.target(), ownLabels(release));
                watcher.touchedWorld();
            }
            case Action.Create c -> {
                unit.made = engine.create(newContainer(c, input));
                watcher.touched(unit.made);
            }
            case Action.Copy c -> copy(unit.container(""), service(release, c.target()));
            case Action.Start s -> {
                var id = unit.container(s.containerId());
                watcher.touched(id);
                engine.start(id);
            }
            case Action.Wait _ -> {}
            case Action.Connect c -> connect(c, input.observed(), unit);
            case Action.Disconnect d -> {
                watcher.touched(d.containerId());
                engine.disconnect(d.containerId(), d.network());
            }
            case Action.Update u -> {
                watcher.touched(u.containerId());
                engine.update(u.containerId(), u.memory(), u.nanoCpus(), u.restart());
            }
            case Action.Rename r -> {
                watcher.touched(r.containerId());
                engine.rename(r.containerId(), r.to());
                watcher.touchedWorld();
            }
            case Action.Unpause u -> {
                watcher.touched(u.containerId());
                engine.unpause(u.containerId());
            }
            case Action.Stop s -> {
                watcher.touched(s.containerId());
                engine.stop(s.containerId(), Duration.ofSeconds(s.graceSeconds()));
            }
            case Action.Remove r -> {
                watcher.touched(r.containerId());
                engine.remove(r.containerId());
                watcher.touchedWorld();
            }
        }
    }

    private void connect(Action.Connect c, EngineState observed, Unit unit) {
        var id = unit.container(c.containerId());
        watcher.touched(id);
        var network =
                c.network().isEmpty()
                        ? parts.networkId(c.networkName(), observed.networks())
                        : c.network();
        engine.connect(id, network, NetworkAlias.aliases(c.target(), c.receives()));
    }

    private SortedMap<String, String> ownLabels(Release release) {
        return new TreeMap<>(OwnLabels.shared(agent, repository, release.pipeline()));
    }

    private NewContainer newContainer(Action.Create c, PlanInput input) {
        var release = input.release();
        var service = service(release, c.target());
        var labels = ownLabels(release);
        labels.put(Labels.LEDGER, ledger.id());
        labels.put(Labels.SERVICE, service.name());
        labels.put(Labels.REPLICA, Integer.toString(c.replica()));
        labels.put(Labels.RELEASE, release.id());
        labels.put(Labels.COMMIT, input.commit());
        labels.put(Labels.SPEC, service.specHash());
        labels.put(Labels.SECRETS, Secrets.label(service, input.secretHashes()));
        labels.put(Labels.IMAGE, service.reference());
        var networks = input.observed().networks();
        return new NewContainer(
                c.container(),
                service.spec(),
                labels,
                parts.networkId(ContainerLayout.baseNetworkName(release.pipeline()), networks),
                new Names(
                        parts.networkId(ContainerLayout.networkName(release.pipeline()), networks),
                        NetworkAlias.aliases(c.target(), c.receives())),
                ContainerParts.volumeNames(service.spec(), release.pipeline()),
                parts.secretEnv(service.spec()));
    }

    private void copy(String containerId, ReleaseService service) {
        var files = parts.files(service.spec(), this::bytes);
        watcher.touched(containerId);
        engine.copy(containerId, files, ContainerLayout.of(service.spec()).probe());
    }

    private FileBytes bytes(SpecFile file) {
        return ledger.file(file.sha256())
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.FAULT,
                                        "the bytes of "
                                                + file.target()
                                                + " (sha256 "
                                                + file.sha256()
                                                + ") are not stored any more"));
    }

    private static ReleaseService service(Release release, String name) {
        return release.service(name)
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.FAULT,
                                        "release " + release.id() + " has no service " + name));
    }
}
