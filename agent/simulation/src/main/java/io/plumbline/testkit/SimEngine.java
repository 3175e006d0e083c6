package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineState;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.engine.docker.plan.Action;
import io.plumbline.engine.docker.plan.OwnLabels;
import io.plumbline.manifest.SecretMount;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A Docker engine in memory, in terms of core records: names are unique, a start fails when a host
 * port is taken or a network is gone, an update with zero changes nothing, a stopped container
 * keeps its networks and aliases, creating a network twice makes two. It carries out a plan's
 * actions, and people can damage what it runs. A container that starts is {@link Verdict#WAITING}
 * until a wait for it is carried out.
 */
public final class SimEngine {

    /** The engine said no. */
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final FailureKind kind;

        Refused(FailureKind kind, String message) {
            super(message);
            this.kind = kind;
        }

        /** What kind of no. */
        public FailureKind kind() {
            return kind;
        }
    }

    /**
     * What actions are carried out for.
     *
     * @param agent label
     * @param repository label
     * @param release whose services are made
     * @param commit label
     * @param secretHashes by name; the values are {@code value of HASH}
     */
    public record Order(
            String agent,
            String repository,
            Release release,
            String commit,
            SortedMap<String, String> secretHashes) {}

    private final String name;
    private final Map<String, LiveContainer> containers = new TreeMap<>();
    private final Map<String, List<LiveConfig.PublishedPort>> hostPorts = new HashMap<>();
    private final Map<String, Verdict> verdicts = new TreeMap<>();
    private final Map<String, LiveNetwork> networks = new TreeMap<>();
    private final Map<String, LiveVolume> volumes = new TreeMap<>();
    private final TreeMap<String, LiveImage> images = new TreeMap<>();
    private final Map<String, LiveImage> registry = new HashMap<>();
    private int counter;

    /** An empty engine. */
    public SimEngine(String name) {
        this.name = name;
    }

    // ---- what is seen

    /** What it reports of a pipeline of an agent. */
    public EngineState state(String agent, String pipeline) {
        SortedSet<String> foreign = new TreeSet<>();
        var ours = new TreeMap<String, LiveContainer>();
        for (LiveContainer c : containers.values()) {
            if (c.label(Labels.AGENT).equals(agent) && c.label(Labels.PIPELINE).equals(pipeline)) {
                ours.put(c.name(), c);
            } else {
                foreign.add(c.name());
            }
        }
        return new EngineState(
                name,
                List.copyOf(ours.values()),
                foreign,
                List.copyOf(networks.values()),
                List.copyOf(volumes.values()),
                new TreeMap<>(images));
    }

    /** All containers. */
    public Collection<LiveContainer> containers() {
        return List.copyOf(containers.values());
    }

    /** A container by name; throws where there is none. */
    public LiveContainer named(String containerName) {
        return find(containerName)
                .orElseThrow(() -> refused(FailureKind.MISSING, "no container " + containerName));
    }

    /** A container by name. */
    public Optional<LiveContainer> find(String containerName) {
        return containers.values().stream().filter(c -> c.name().equals(containerName)).findFirst();
    }

    /** What is known of containers' health. */
    public Map<String, Verdict> verdicts() {
        return Map.copyOf(verdicts);
    }

    // ---- images

    /** The engine has the images of these references. */
    public SimEngine with(String... references) {
        for (String r : references) {
            images.put(Releases.image(r).engineName(), SimContainers.image(r));
        }
        return this;
    }

    /** The engine has this image under that name. */
    public SimEngine with(String engineName, LiveImage image) {
        images.put(engineName, image);
        return this;
    }

    /** These can be pulled. */
    public SimEngine registryHas(Collection<String> references) {
        for (String r : references) {
            registry.put(Releases.image(r).engineName(), SimContainers.image(r));
        }
        return this;
    }

    /** Somebody removes an image. */
    public void forgetImage(String engineName) {
        images.remove(engineName);
    }

    /** Fetches an image. */
    public void pull(String engineName) {
        LiveImage image = registry.get(engineName);
        if (image == null) {
            throw refused(FailureKind.TRANSIENT, "no registry has " + engineName);
        }
        images.put(engineName, image);
    }

    // ---- networks and volumes

    /** Makes a network, also where there is one of that name. */
    public String createNetwork(String network, SortedMap<String, String> labels) {
        String id = next("net");
        networks.put(id, new LiveNetwork(id, network, labels));
        return id;
    }

    /** Removes a network; containers that were attached keep the memory of it. */
    public void removeNetwork(String id) {
        networks.remove(id);
    }

    /** Makes a volume unless there is one of that name. */
    public void createVolume(String volume, SortedMap<String, String> labels) {
        volumes.putIfAbsent(volume, new LiveVolume(volume, labels));
    }

    // ---- containers

    /** Makes a container, attached without alias; returns its id. */
    public String create(
            String containerName,
            WorkloadSpec spec,
            SortedMap<String, String> labels,
            String networkId,
            Map<String, String> secretEnv) {
        if (find(containerName).isPresent()) {
            throw refused(FailureKind.CONFLICT, "name " + containerName + " is taken");
        }
        LiveImage image = images.get(spec.image().engineName());
        if (image == null) {
            throw refused(FailureKind.MISSING, "no image " + spec.image().engineName());
        }
        LiveNetwork network = network(networkId);
        String id = next("c");
        var all = new TreeMap<>(image.labels());
        all.putAll(spec.labels());
        all.putAll(labels);
        LiveConfig config =
                SimContainers.onNetwork(
                        SimContainers.config(
                                spec,
                                image,
                                labels.getOrDefault(Labels.PIPELINE, ""),
                                secretEnv,
                                id),
                        network.name());
        containers.put(
                id,
                SimContainers.created(
                        id, containerName, all, now(), config, network.name(), network.id()));
        return id;
    }

    /** Puts a container there as it is: somebody else's. */
    public void put(LiveContainer c) {
        containers.put(c.id(), c);
    }

    /** Starts a container; does nothing where it runs. */
    public void start(String id) {
        LiveContainer c = get(id);
        if (c.alive()) {
            return;
        }
        c.networks().values().forEach(a -> network(a.networkId()));
        hostPorts.put(id, takePorts(c));
        keep(SimContainers.state(c, RunState.RUNNING, 0, now()));
        verdicts.put(id, Verdict.WAITING);
    }

    /** Ends a container; does nothing where it does not run. */
    public void stop(String id) {
        end(id, 143);
    }

    /** A container ends by itself, or by somebody's hand. */
    public void end(String id, int exitCode) {
        LiveContainer c = get(id);
        if (c.alive() || c.state() == RunState.RESTARTING) {
            hostPorts.remove(id);
            keep(SimContainers.state(c, RunState.EXITED, exitCode, now()));
            verdicts.remove(id);
        }
    }

    /** A container that ended by itself runs again, for now. */
    public void runsAgain(String id) {
        LiveContainer c = get(id);
        hostPorts.put(id, takePorts(c));
        keep(SimContainers.restarting(c, c.restartCount(), RunState.RUNNING));
    }

    private static void refuseRestarting(LiveContainer c) {
        if (c.state() == RunState.RESTARTING) {
            throw refused(FailureKind.TRANSIENT, c.name() + " is between two restarts");
        }
    }

    /** Removes a container that does not run; does nothing where there is none. */
    public void remove(String id) {
        LiveContainer c = containers.get(id);
        if (c != null && c.alive()) {
            throw refused(FailureKind.CONFLICT, c.name() + " runs");
        }
        containers.remove(id);
        verdicts.remove(id);
    }

    /** Freezes. */
    public void pause(String id) {
        containers.put(id, SimContainers.state(get(id), RunState.PAUSED, 0, now()));
    }

    /** A container ended, and the engine is about to start it again. */
    public void betweenRestarts(String id) {
        LiveContainer c = get(id);
        hostPorts.remove(id);
        keep(SimContainers.restarting(c, c.restartCount() + 1, RunState.RESTARTING));
    }

    /** Thaws. */
    public void unpause(String id) {
        if (get(id).state() == RunState.PAUSED) {
            containers.put(id, SimContainers.state(get(id), RunState.RUNNING, 0, now()));
        }
    }

    /** Renames. */
    public void rename(String id, String to) {
        if (find(to).isPresent()) {
            throw refused(FailureKind.CONFLICT, "name " + to + " is taken");
        }
        containers.put(id, SimContainers.name(get(id), to));
    }

    /** Sets limits and policy; zero and the empty text change nothing. */
    public void update(String id, long memory, long nanoCpus, String restart) {
        LiveContainer c = get(id);
        LiveConfig config = c.config();
        containers.put(
                id,
                SimContainers.config(
                        c,
                        SimContainers.limits(
                                config,
                                memory == 0 ? config.memory() : memory,
                                memory == 0 ? config.memorySwap() : 2 * memory,
                                nanoCpus == 0 ? config.nanoCpus() : nanoCpus,
                                restart.isEmpty() ? config.restart() : restart)));
    }

    /** Gives a plain field another value, as by a hand that creates the container anew. */
    public void field(String id, String key, Object value) {
        LiveContainer c = get(id);
        var fields = c.config().fields().with(key, value);
        containers.put(id, SimContainers.config(c, SimContainers.fields(c.config(), fields)));
    }

    /** Attaches to a network with exactly these aliases. */
    public void connect(String id, String networkId, Collection<String> aliases) {
        LiveContainer c = get(id);
        refuseRestarting(c);
        LiveNetwork network = network(networkId);
        var all = new TreeMap<>(c.networks());
        all.put(network.name(), new LiveContainer.Attachment(networkId, new TreeSet<>(aliases)));
        keep(SimContainers.networks(c, all));
    }

    private List<LiveConfig.PublishedPort> takePorts(LiveContainer c) {
        var ports = new ArrayList<LiveConfig.PublishedPort>();
        for (var p : c.config().ports()) {
            ports.add(freePort(p, ports));
        }
        return ports;
    }

    /** The engine loses a running container's published ports, as after a failed connect. */
    public void losePorts(String id) {
        hostPorts.put(id, List.of());
        containers.put(id, SimContainers.withoutPorts(get(id)));
    }

    /** Without any network nothing is published; connected again, it asks for its ports again. */
    private void keep(LiveContainer c) {
        if (c.networks().isEmpty()) {
            hostPorts.remove(c.id());
        } else if (c.alive() && !hostPorts.containsKey(c.id())) {
            hostPorts.put(c.id(), takePorts(c));
        }
        containers.put(c.id(), SimContainers.serving(c, hostPorts.getOrDefault(c.id(), List.of())));
    }

    /** Detaches from a network, also from one that is gone. */
    public void disconnect(String id, String networkId) {
        LiveContainer c = get(id);
        refuseRestarting(c);
        var all = new TreeMap<>(c.networks());
        all.values().removeIf(a -> a.networkId().equals(networkId));
        keep(SimContainers.networks(c, all));
    }

    /** A container is judged. */
    public void judge(String id, Verdict verdict) {
        verdicts.put(id, verdict);
    }

    /** What runs is found healthy. */
    public void allHealthy() {
        containers.values().stream()
                .filter(LiveContainer::alive)
                .forEach(c -> verdicts.put(c.id(), Verdict.HEALTHY));
    }

    // ---- actions

    /** Carries out one action; a wait makes its container healthy. */
    public void apply(Action action, Order order) {
        switch (action) {
            case Action.Pull a -> pull(a.image());
            case Action.CreateNetwork a -> createNetwork(a.target(), shared(order));
            case Action.CreateVolume a -> createVolume(a.target(), shared(order));
            case Action.Create a -> create(a, order);
            case Action.Copy a -> named(a.container());
            case Action.Start a -> start(id(a.containerId(), a.container()));
            case Action.Wait a -> healthy(id(a.containerId(), a.container()));
            case Action.Connect a ->
                    connect(
                            id(a.containerId(), a.container()),
                            networkId(a.network(), a.networkName()),
                            a.receives() ? List.of(a.target()) : List.of());
            case Action.Disconnect a -> disconnect(id(a.containerId(), a.container()), a.network());
            case Action.Update a -> update(a.containerId(), a.memory(), a.nanoCpus(), a.restart());
            case Action.Rename a -> rename(a.containerId(), a.to());
            case Action.Unpause a -> unpause(a.containerId());
            case Action.Stop a -> stop(a.containerId());
            case Action.Remove a -> remove(a.containerId());
        }
    }

    private void create(Action.Create a, Order order) {
        Release release = order.release();
        ReleaseService service = release.service(a.target()).orElseThrow();
        var secretEnv = new TreeMap<String, String>();
        for (SecretMount s : service.spec().secrets()) {
            if (s instanceof SecretMount.AsEnv e) {
                secretEnv.put(e.target(), "value of " + order.secretHashes().get(e.name()));
            }
        }
        create(
                a.container(),
                service.spec(),
                OwnLabels.container(
                        order.agent(),
                        order.repository(),
                        release,
                        order.commit(),
                        service,
                        a.replica(),
                        order.secretHashes()),
                networkId("", ContainerLayout.baseNetworkName(release.pipeline())),
                secretEnv);
        connect(
                named(a.container()).id(),
                networkId("", ContainerLayout.networkName(release.pipeline())),
                a.receives() ? List.of(a.target()) : List.of());
    }

    private void healthy(String id) {
        if (get(id).state() != RunState.RUNNING) {
            throw refused(FailureKind.INVALID, get(id).name() + " does not run");
        }
        judge(id, Verdict.HEALTHY);
    }

    private static SortedMap<String, String> shared(Order order) {
        return OwnLabels.shared(order.agent(), order.repository(), order.release().pipeline());
    }

    private String id(String id, String containerName) {
        return id.isEmpty() ? named(containerName).id() : id;
    }

    private String networkId(String id, String networkName) {
        if (!id.isEmpty()) {
            return id;
        }
        return networks.values().stream()
                .filter(n -> n.name().equals(networkName))
                .sorted(Comparator.comparing(n -> !n.labels().containsKey(Labels.AGENT)))
                .map(LiveNetwork::id)
                .findFirst()
                .orElseThrow(() -> refused(FailureKind.MISSING, "no network " + networkName));
    }

    private LiveContainer get(String id) {
        LiveContainer c = containers.get(id);
        if (c == null) {
            throw refused(FailureKind.MISSING, "no container " + id);
        }
        return c;
    }

    private LiveNetwork network(String id) {
        LiveNetwork n = networks.get(id);
        if (n == null) {
            throw refused(FailureKind.MISSING, "network " + id + " not found");
        }
        return n;
    }

    private LiveConfig.PublishedPort freePort(
            LiveConfig.PublishedPort p, List<LiveConfig.PublishedPort> own) {
        boolean chosen = p.host().isEmpty();
        String[] ends = chosen ? new String[] {"32768", "60999"} : p.host().split("-");
        int last = Integer.parseInt(ends[ends.length - 1]);
        for (int port = Integer.parseInt(ends[0]); port <= last; port++) {
            String host = Integer.toString(port);
            if (Stream.concat(own.stream(), hostPorts.values().stream().flatMap(List::stream))
                    .noneMatch(t -> t.host().equals(host) && t.protocol().equals(p.protocol()))) {
                return new LiveConfig.PublishedPort(p.container(), p.protocol(), p.hostIp(), host);
            }
        }
        throw refused(FailureKind.CONFLICT, "port " + p.host() + " is already allocated");
    }

    private String next(String prefix) {
        counter++;
        return String.format(java.util.Locale.ROOT, "%s%05d", prefix, counter);
    }

    private Instant now() {
        counter++;
        return Instant.ofEpochSecond(counter);
    }

    private static Refused refused(FailureKind kind, String message) {
        return new Refused(kind, message);
    }
}
