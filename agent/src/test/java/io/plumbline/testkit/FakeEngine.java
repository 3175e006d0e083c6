package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.observed.EngineHealth;
import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveConfig.PublishedPort;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveContainer.Attachment;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.observed.LiveNetwork;
import io.plumbline.core.observed.LiveVolume;
import io.plumbline.core.observed.RunState;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.Engine;
import io.plumbline.port.PlumblineException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine in memory that keeps the promises of {@link Engine}, and a script of what goes wrong.
 *
 * <p>Usage: {@code FakeImage app = engine.localImage("app:1").health(UNHEALTHY);} and later {@code
 * engine.healthOf(app, HEALTHY)}. Containers are found by name: {@code
 * engine.exit("shop-web-1-abc", 3)}. What others do to an engine (stop, remove, pause, rename,
 * disconnect) is done by the same methods or by those at the end; all of it emits the events that a
 * real engine does.
 */
public final class FakeEngine implements Engine {

    /** Is called before each call of the port with its name and object; may throw or block. */
    @FunctionalInterface
    public interface Before {
        /**
         * One call.
         *
         * @param operation the method's name
         * @param target container's name, network, volume, image or the empty string
         */
        void call(String operation, String target);
    }

    private static final int EVENTS_KEPT = 256;

    private final String name;
    private final FakeRegistry registry;
    private final Map<String, FakeContainer> containers = new LinkedHashMap<>();
    private final Map<String, LiveNetwork> networks = new LinkedHashMap<>();
    private final TreeMap<String, LiveVolume> volumes = new TreeMap<>();
    private final Map<String, FakeImage> images = new LinkedHashMap<>();
    private final Map<String, String> tags = new HashMap<>();
    private final Set<Integer> occupied = new HashSet<>();
    private final List<EngineEvent> history = new ArrayList<>();
    private final Set<FakeStream<EngineEvent>> watchers = new HashSet<>();
    private final Map<FakeStream<String>, String> logReaders = new HashMap<>();
    private final List<String> calls = new ArrayList<>();
    private Instant clock = Instant.parse("2030-01-01T00:00:00Z");
    private int serial;
    private volatile boolean away;
    private volatile @Nullable CountDownLatch hanging;
    private volatile Duration patience = Duration.ZERO;
    private volatile Before before = (_, _) -> {};

    /** An empty engine with a registry of its own. */
    public FakeEngine(String name) {
        this(name, new FakeRegistry());
    }

    /** An empty engine that pulls from that registry. */
    public FakeEngine(String name, FakeRegistry registry) {
        this.name = name;
        this.registry = registry;
    }

    // What a test scripts.

    /** The registry that this engine pulls from. */
    public FakeRegistry registry() {
        return registry;
    }

    /** Puts an image that no registry knows onto the engine, under that tag. */
    public synchronized FakeImage localImage(String tag) {
        FakeImage image = new FakeImage(tag, true, ++serial);
        images.put(image.id(), image);
        tags.put(tag, image.id());
        event("image", "tag", image.id(), Map.of("name", tag), null);
        return image;
    }

    /** Takes an image away, as {@code docker rmi -f} does. */
    public synchronized void removeImage(FakeImage image) {
        images.remove(image.id());
        tags.values().remove(image.id());
        event("image", "delete", image.id(), Map.of("name", image.id()), null);
    }

    /** Is called before each call of the port; replaces the one before. */
    public void before(Before hook) {
        before = hook;
    }

    /** The next call of that method fails so; the ones after it work. */
    public void failNext(String operation, FailureKind kind, String message) {
        Before outer = before;
        before =
                (op, target) -> {
                    if (op.equals(operation)) {
                        before = outer;
                        throw new PlumblineException(kind, message);
                    }
                    outer.call(op, target);
                };
    }

    /** From now on nothing answers: calls fail with {@code UNREACHABLE}, streams end. */
    public void goAway() {
        away = true;
        endStreams("connection lost");
    }

    /** Answers again; what hung is let go (and fails). Streams stay closed. */
    public void comeBack() {
        away = false;
        CountDownLatch latch = hanging;
        hanging = null;
        if (latch != null) {
            latch.countDown();
        }
    }

    /**
     * From now on each call takes {@code each} of real time and then fails with {@code
     * UNREACHABLE}, until {@link #comeBack()}.
     */
    public void hang(Duration each) {
        patience = each;
        hanging = new CountDownLatch(1);
    }

    /** Engine and host are restarted: events are forgotten, restart policies decide what runs. */
    public synchronized void restart() {
        for (FakeContainer c : containers.values()) {
            String policy = c.config.restart();
            boolean ran = c.alive() || c.state == RunState.RESTARTING;
            if (ran) {
                ended(c, 143);
            }
            if (policy.equals("always") || (ran && policy.equals("unless-stopped"))) {
                run(c);
            }
        }
        history.clear();
        endStreams("engine restarted");
    }

    /** Changes what the checks say of the image's containers, running ones included. */
    public synchronized void healthOf(FakeImage image, EngineHealth health) {
        image.health(health);
        for (FakeContainer c : containers.values()) {
            if (c.image == image && c.alive()) {
                judge(c, health);
            }
        }
    }

    /** Changes what the check says of one container. */
    public synchronized void healthOf(String container, EngineHealth health) {
        judge(byName(container), health);
    }

    /** The container's process ends; its restart policy decides what follows. */
    public synchronized void exit(String container, int code) {
        FakeContainer c = byName(container);
        ended(c, code);
        restartByPolicy(c);
    }

    /** The kernel ends it for memory. */
    public synchronized void oom(String container) {
        FakeContainer c = byName(container);
        event("container", "oom", c);
        ended(c, 137);
        c.oomKilled = true;
        restartByPolicy(c);
    }

    /** Freezes a container. */
    public synchronized void pause(String container) {
        FakeContainer c = byName(container);
        c.state = RunState.PAUSED;
        event("container", "pause", c);
    }

    /** Somebody makes a container that is none of ours. */
    public synchronized void foreignContainer(NewContainer container) {
        containerFrom(container);
    }

    /** A process of the host listens on the port. */
    public synchronized void occupyPort(int port) {
        occupied.add(port);
    }

    /** It ends. */
    public synchronized void freePort(int port) {
        occupied.remove(port);
    }

    /** Appends a line to a container's log. */
    public synchronized void log(String container, String line) {
        FakeContainer c = byName(container);
        c.log.add(line);
        logReaders.forEach(
                (stream, id) -> {
                    if (id.equals(c.id)) {
                        stream.send(line);
                    }
                });
    }

    /** A network vanishes though stopped containers use it, as {@code network prune} does. */
    public synchronized void pruneNetwork(String networkName) {
        networks.values().removeIf(n -> n.name().equals(networkName));
    }

    /** The next events are lost: subscribers do not get them. */
    public synchronized void loseEvents() {
        watchers.clear();
    }

    // What a test looks at.

    /** Calls that changed something, in order, as {@code start shop-web-1-abc}. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** Forgets the calls so far. */
    public synchronized void forgetCalls() {
        calls.clear();
    }

    /** All containers in the order of their making, as inspect shows them. */
    public synchronized List<LiveContainer> all() {
        return containers.values().stream().map(FakeContainer::live).toList();
    }

    /** The container of that name. */
    public synchronized LiveContainer container(String containerName) {
        return byName(containerName).live();
    }

    /** Files copied into a container, by target. */
    public synchronized Map<String, FileContent> files(String containerName) {
        return Map.copyOf(byName(containerName).files);
    }

    /** How many event streams are open. */
    public synchronized int watchers() {
        return watchers.size();
    }

    // The port.

    @Override
    public String name() {
        return name;
    }

    @Override
    public Info info() {
        reach("info", "");
        return new Info("20.10.24", "1.41", 4, 8L << 30);
    }

    @Override
    public List<Listed> list(String agent) {
        reach("list", agent);
        synchronized (this) {
            return containers.values().stream()
                    .filter(c -> agent.equals(c.labels.get(Labels.AGENT)))
                    .map(c -> new Listed(c.id, c.name, c.state, status(c), new TreeMap<>(c.labels)))
                    .toList();
        }
    }

    @Override
    public List<String> containerNames() {
        reach("containerNames", "");
        synchronized (this) {
            return containers.values().stream().map(c -> c.name).toList();
        }
    }

    @Override
    public Optional<LiveContainer> inspect(String containerId) {
        reach("inspect", containerId);
        synchronized (this) {
            return Optional.ofNullable(containers.get(containerId)).map(FakeContainer::live);
        }
    }

    @Override
    public List<LiveNetwork> networks() {
        reach("networks", "");
        synchronized (this) {
            return List.copyOf(networks.values());
        }
    }

    @Override
    public List<LiveVolume> volumes() {
        reach("volumes", "");
        synchronized (this) {
            return List.copyOf(volumes.values());
        }
    }

    @Override
    public Optional<LiveImage> image(String imageName) {
        reach("image", imageName);
        synchronized (this) {
            return find(imageName).map(FakeImage::live);
        }
    }

    @Override
    public Optional<String> registryDigest(String reference) {
        reach("registryDigest", reference);
        return registry.find(reference).map(FakeImage::digest);
    }

    @Override
    public void pull(String image, Duration deadline, Consumer<String> progress) {
        reach("pull", image);
        FakeImage found =
                registry.find(image)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "pull " + image + ": manifest unknown"));
        progress.accept("Pulling " + image);
        synchronized (this) {
            calls.add("pull " + image);
            images.put(found.id(), found);
            tags.put(image, found.id());
            event("image", "pull", image, Map.of("name", image), null);
        }
    }

    @Override
    public String createNetwork(String networkName, SortedMap<String, String> labels) {
        reach("createNetwork", networkName);
        synchronized (this) {
            for (LiveNetwork network : networks.values()) {
                if (network.name().equals(networkName)) {
                    if (sameOwner(network.labels(), labels)) {
                        return network.id();
                    }
                    throw new PlumblineException(
                            FailureKind.CONFLICT,
                            "create network " + networkName + ": the name is taken");
                }
            }
            String id = FakeImage.hash("network " + name + networkName + ++serial);
            networks.put(id, new LiveNetwork(id, networkName, new TreeMap<>(labels)));
            calls.add("createNetwork " + networkName);
            event("network", "create", id, Map.of("name", networkName), null);
            return id;
        }
    }

    @Override
    public void removeNetwork(String networkId) {
        reach("removeNetwork", networkId);
        synchronized (this) {
            if (containers.values().stream().anyMatch(c -> c.alive() && attached(c, networkId))) {
                throw new PlumblineException(
                        FailureKind.CONFLICT, "remove network " + networkId + ": it is in use");
            }
            LiveNetwork gone = networks.remove(networkId);
            if (gone != null) {
                calls.add("removeNetwork " + gone.name());
                event("network", "destroy", networkId, Map.of("name", gone.name()), null);
            }
        }
    }

    @Override
    public void createVolume(String volumeName, SortedMap<String, String> labels) {
        reach("createVolume", volumeName);
        synchronized (this) {
            LiveVolume there = volumes.get(volumeName);
            if (there == null) {
                volumes.put(volumeName, new LiveVolume(volumeName, new TreeMap<>(labels)));
                calls.add("createVolume " + volumeName);
                event("volume", "create", volumeName, Map.of(), null);
            } else if (!sameOwner(there.labels(), labels)) {
                throw new PlumblineException(
                        FailureKind.CONFLICT,
                        "create volume " + volumeName + ": it is there and is not ours");
            }
        }
    }

    @Override
    public String create(NewContainer container) {
        reach("create", container.name());
        synchronized (this) {
            calls.add("create " + container.name());
            return containerFrom(container);
        }
    }

    @Override
    public void copy(String containerId, List<FileContent> files, boolean probe) {
        reach("copy", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            calls.add("copy " + c.name);
            files.forEach(file -> c.files.put(file.target(), file));
            if (probe) {
                c.files.put(
                        FakeContainer.PROBE,
                        new FileContent(FakeContainer.PROBE, 0755, 0, 0, new byte[0]));
            }
        }
    }

    @Override
    public void start(String containerId) {
        reach("start", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            if (c.alive()) {
                return;
            }
            calls.add("start " + c.name);
            try {
                takePorts(c);
                checkStart(c);
            } catch (PlumblineException e) {
                c.hostPorts.clear();
                c.error = String.valueOf(e.getMessage());
                c.exitCode = 128;
                throw e;
            }
            run(c);
        }
    }

    @Override
    public void stop(String containerId, Duration grace) {
        reach("stop", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            if (c.state == RunState.CREATED || c.state == RunState.EXITED) {
                return;
            }
            calls.add("stop " + c.name);
            ended(c, 143);
            event("container", "stop", c);
        }
    }

    @Override
    public void remove(String containerId) {
        reach("remove", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = containers.get(containerId);
            if (c == null) {
                return;
            }
            if (c.alive() || c.state == RunState.RESTARTING) {
                throw new PlumblineException(
                        FailureKind.CONFLICT, "remove container " + c.name + ": it runs");
            }
            calls.add("remove " + c.name);
            containers.remove(containerId);
            event("container", "destroy", c);
        }
    }

    /** Removes a container even while it runs, as somebody's {@code docker rm -f}. */
    public synchronized void removeByForce(String containerName) {
        FakeContainer c = byName(containerName);
        if (c.alive()) {
            ended(c, 137);
        }
        containers.remove(c.id);
        event("container", "destroy", c);
    }

    @Override
    public void rename(String containerId, String to) {
        reach("rename", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            if (c.name.equals(to)) {
                return;
            }
            refuseTakenName(to);
            calls.add("rename " + c.name + " " + to);
            c.name = to;
            event("container", "rename", c);
        }
    }

    @Override
    public void unpause(String containerId) {
        reach("unpause", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            if (c.state == RunState.PAUSED) {
                calls.add("unpause " + c.name);
                c.state = RunState.RUNNING;
                event("container", "unpause", c);
            }
        }
    }

    @Override
    public void update(String containerId, long memory, long nanoCpus, String restart) {
        reach("update", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            calls.add("update " + c.name);
            c.limits(memory, nanoCpus, restart);
            event("container", "update", c);
        }
    }

    @Override
    public void connect(String containerId, String networkId, List<String> aliases) {
        reach("connect", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            LiveNetwork network = networks.get(networkId);
            if (network == null) {
                throw new PlumblineException(
                        FailureKind.MISSING, "connect " + c.name + ": no network " + networkId);
            }
            Attachment wanted = new Attachment(networkId, new TreeSet<>(aliases));
            if (wanted.equals(c.networks.get(network.name()))) {
                return;
            }
            calls.add("connect " + c.name + " " + aliases);
            if (c.networks.remove(network.name()) != null) {
                networkEvent("disconnect", network, c);
            }
            c.networks.put(network.name(), wanted);
            networkEvent("connect", network, c);
        }
    }

    @Override
    public void disconnect(String containerId, String networkId) {
        reach("disconnect", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            for (Map.Entry<String, Attachment> e : Map.copyOf(c.networks).entrySet()) {
                if (e.getValue().networkId().equals(networkId)) {
                    calls.add("disconnect " + c.name);
                    c.networks.remove(e.getKey());
                    networkEvent("disconnect", new LiveNetwork(networkId, e.getKey(), c.labels), c);
                }
            }
        }
    }

    @Override
    public int exec(String containerId, List<String> command, Duration deadline) {
        reach("exec", nameOf(containerId));
        FakeContainer c;
        EngineHealth now;
        synchronized (this) {
            c = byId(containerId);
            if (c.state != RunState.RUNNING) {
                throw new PlumblineException(
                        FailureKind.CONFLICT, "exec in " + c.name + ": it does not run");
            }
            now = c.judged() ? c.health : c.image.health();
        }
        return c.image.exec(command, now);
    }

    @Override
    public AutoCloseable logs(
            String containerId, int tail, boolean follow, Consumer<String> lines, Runnable end) {
        reach("logs", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            FakeStream<String> stream =
                    new FakeStream<>("fake-logs-" + c.name, lines, _ -> end.run());
            int from = tail == 0 ? 0 : Math.max(0, c.log.size() - tail);
            c.log.subList(from, c.log.size()).forEach(stream::send);
            if (!follow || !c.alive()) {
                stream.end("end");
                return stream;
            }
            logReaders.put(stream, c.id);
            return () -> {
                synchronized (this) {
                    logReaders.remove(stream);
                }
                stream.close();
            };
        }
    }

    @Override
    public AutoCloseable events(
            String agent, long sinceNanos, Consumer<EngineEvent> events, Consumer<String> closed) {
        reach("events", agent);
        synchronized (this) {
            Consumer<EngineEvent> ours =
                    e -> {
                        if (!e.kind().equals("container")
                                || agent.equals(e.labels().get(Labels.AGENT))) {
                            events.accept(e);
                        }
                    };
            FakeStream<EngineEvent> stream = new FakeStream<>("fake-events-" + name, ours, closed);
            if (sinceNanos > 0) {
                history.stream().filter(e -> e.timeNano() >= sinceNanos).forEach(stream::send);
            }
            watchers.add(stream);
            return () -> {
                synchronized (this) {
                    watchers.remove(stream);
                }
                stream.close();
            };
        }
    }

    @Override
    public void close() {
        endStreams("closed");
    }

    // Inside.

    private void reach(String operation, String target) {
        CountDownLatch latch = hanging;
        if (latch != null) {
            try {
                boolean _ = latch.await(patience.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw unreachable(operation, "did not answer within " + patience);
        }
        if (away) {
            throw unreachable(operation, "connection refused");
        }
        before.call(operation, target);
    }

    private PlumblineException unreachable(String operation, String what) {
        return new PlumblineException(
                FailureKind.UNREACHABLE, operation + " on engine " + name + ": " + what);
    }

    private String containerFrom(NewContainer wanted) {
        String image = wanted.spec().image().engineName();
        FakeImage found =
                find(image)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "create " + wanted.name() + ": no image " + image));
        PlumblineException failure = found.createFailure();
        if (failure != null) {
            throw failure;
        }
        if (found.live().labels().keySet().stream().anyMatch(k -> k.startsWith(Labels.PREFIX))) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "create " + wanted.name() + ": image carries labels of ours: " + image);
        }
        refuseTakenName(wanted.name());
        for (VolumeMount mount : wanted.spec().volumes()) {
            String volume = wanted.volumeNames().getOrDefault(mount.name(), mount.name());
            volumes.computeIfAbsent(volume, v -> new LiveVolume(v, new TreeMap<>()));
        }
        LiveNetwork network = networks.get(wanted.networkId());
        String id = FakeImage.hash("container " + name + ++serial);
        FakeContainer c =
                new FakeContainer(
                        id,
                        wanted,
                        network == null ? wanted.networkId() : network.name(),
                        found,
                        tick());
        containers.put(id, c);
        event("container", "create", c);
        return id;
    }

    private static boolean sameOwner(Map<String, String> there, Map<String, String> wanted) {
        return Objects.equals(there.get(Labels.AGENT), wanted.get(Labels.AGENT))
                && Objects.equals(there.get(Labels.PIPELINE), wanted.get(Labels.PIPELINE));
    }

    private void refuseTakenName(String wanted) {
        if (containers.values().stream().anyMatch(c -> c.name.equals(wanted))) {
            throw new PlumblineException(
                    FailureKind.CONFLICT, "container name " + wanted + " is already in use");
        }
    }

    private void checkStart(FakeContainer c) {
        for (Attachment attachment : c.networks.values()) {
            if (!networks.containsKey(attachment.networkId())) {
                throw new PlumblineException(
                        FailureKind.MISSING,
                        "start " + c.name + ": network " + attachment.networkId() + " not found");
            }
        }
        PlumblineException failure = c.image.startFailure();
        if (failure != null) {
            throw failure;
        }
    }

    private void takePorts(FakeContainer c) {
        for (PublishedPort port : c.config.ports()) {
            if (!port.host().isEmpty()) {
                String[] range = port.host().split("-", 2);
                int first = Integer.parseInt(range[0]);
                int last = range.length == 1 ? first : Integer.parseInt(range[1]);
                c.hostPorts.add(freePort(first, last, port.protocol(), c));
            }
        }
    }

    private String freePort(int first, int last, String protocol, FakeContainer c) {
        Set<String> taken = new HashSet<>();
        containers.values().stream().map(o -> o.hostPorts).forEach(taken::addAll);
        for (int port = first; port <= last; port++) {
            if (!occupied.contains(port) && !taken.contains(port + "/" + protocol)) {
                return port + "/" + protocol;
            }
        }
        throw new PlumblineException(
                FailureKind.CONFLICT,
                "start " + c.name + ": port is already allocated: " + first + "/" + protocol);
    }

    private void run(FakeContainer c) {
        c.state = RunState.RUNNING;
        c.startedAt = tick();
        c.error = "";
        c.oomKilled = false;
        c.exitCode = 0;
        c.restarts = 0;
        c.health = c.judged() ? EngineHealth.STARTING : EngineHealth.NONE;
        event("container", "start", c);
        if (c.image.exitCode() >= 0) {
            ended(c, c.image.exitCode());
            restartByPolicy(c);
        } else {
            judge(c, c.image.health());
        }
    }

    private void judge(FakeContainer c, EngineHealth health) {
        if (c.judged() && c.alive() && c.health != health) {
            c.health = health;
            String word = health == EngineHealth.HEALTHY ? "healthy" : "unhealthy";
            if (health != EngineHealth.STARTING) {
                event("container", "health_status: " + word, c);
            }
        }
    }

    private void ended(FakeContainer c, int code) {
        c.state = RunState.EXITED;
        c.exitCode = code;
        c.finishedAt = tick();
        c.hostPorts.clear();
        event("container", "die", c);
        for (FakeStream<String> stream : List.copyOf(logReaders.keySet())) {
            if (c.id.equals(logReaders.get(stream))) {
                logReaders.remove(stream);
                stream.end("end");
            }
        }
    }

    private void restartByPolicy(FakeContainer c) {
        boolean again =
                switch (c.config.restart()) {
                    case "always", "unless-stopped" -> true;
                    case "on-failure" -> c.exitCode != 0;
                    default -> false;
                };
        if (!again) {
            return;
        }
        int restarts = c.restarts + 1;
        if (c.image.exitCode() >= 0) {
            c.state = RunState.RESTARTING;
        } else {
            takePorts(c);
            run(c);
        }
        c.restarts = restarts;
    }

    private Optional<FakeImage> find(String imageName) {
        String id = tags.getOrDefault(imageName, imageName);
        FakeImage byId = images.get(id);
        if (byId != null) {
            return Optional.of(byId);
        }
        return images.values().stream()
                .filter(i -> i.ref().engineName().equals(imageName))
                .findFirst();
    }

    private FakeContainer byId(String id) {
        FakeContainer c = containers.get(id);
        if (c == null) {
            throw new PlumblineException(FailureKind.MISSING, "no such container: " + id);
        }
        return c;
    }

    private FakeContainer byName(String containerName) {
        return containers.values().stream()
                .filter(c -> c.name.equals(containerName))
                .findFirst()
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING,
                                        "no such container: "
                                                + containerName
                                                + " among "
                                                + names(containers.values())));
    }

    private static List<String> names(Collection<FakeContainer> containers) {
        return containers.stream().map(c -> c.name).toList();
    }

    private synchronized String nameOf(String containerId) {
        FakeContainer c = containers.get(containerId);
        return c == null ? containerId : c.name;
    }

    private static boolean attached(FakeContainer c, String networkId) {
        return c.networks.values().stream().anyMatch(a -> a.networkId().equals(networkId));
    }

    private static String status(FakeContainer c) {
        return switch (c.state) {
            case RUNNING -> c.judged() ? "Up (" + c.health + ")" : "Up";
            case PAUSED -> "Up (Paused)";
            case CREATED -> "Created";
            case RESTARTING -> "Restarting (" + c.exitCode + ")";
            case EXITED, REMOVING, DEAD -> "Exited (" + c.exitCode + ")";
        };
    }

    private void networkEvent(String action, LiveNetwork network, FakeContainer c) {
        event(
                "network",
                action,
                network.id(),
                Map.of("name", network.name(), "container", c.id),
                c.id);
    }

    private void event(String kind, String action, FakeContainer c) {
        event(kind, action, c.id, c.labels, null);
    }

    private void event(
            String kind,
            String action,
            String id,
            Map<String, String> labels,
            @Nullable String container) {
        Instant at = tick();
        EngineEvent event =
                new EngineEvent(
                        TimeUnit.SECONDS.toNanos(at.getEpochSecond()) + at.getNano(),
                        kind,
                        action,
                        id,
                        Map.copyOf(labels),
                        container);
        history.add(event);
        if (history.size() > EVENTS_KEPT) {
            history.removeFirst();
        }
        watchers.forEach(w -> w.send(event));
    }

    private Instant tick() {
        clock = clock.plusMillis(1);
        return clock;
    }

    private synchronized void endStreams(String reason) {
        watchers.forEach(w -> w.end(reason));
        watchers.clear();
        logReaders.keySet().forEach(r -> r.end(reason));
        logReaders.clear();
    }
}
