package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveContainer.Attachment;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An engine in memory that keeps the promises of {@link EngineClient}, and a script of what goes
 * wrong.
 *
 * <p>Usage: {@code FakeImage app = engine.localImage("app:1").health(UNHEALTHY);} and later {@code
 * engine.healthOf(app, HEALTHY)}. Containers are found by name: {@code
 * engine.exit("shop-web-1-abc", 3)}. What others do to an engine (stop, remove, pause, rename,
 * disconnect) is done by the same methods or by those at the end; all of it emits the events that a
 * real engine does.
 */
public final class FakeEngine extends FakeScript implements EngineClient {

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

    /** An empty engine with a registry of its own. */
    public FakeEngine(String name) {
        this(name, new FakeRegistry());
    }

    /** An empty engine that pulls from that registry. */
    public FakeEngine(String name, FakeRegistry registry) {
        this(name, registry, Tasks.virtual());
    }

    /** One whose streams run on those tasks. */
    public FakeEngine(String name, FakeRegistry registry, Tasks tasks) {
        super(name, registry, tasks);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void ping() {
        reach("ping", "");
    }

    @Override
    public Info info() {
        reach("info", "");
        return new Info("20.10.24", "1.41", 4, 8L << 30, null);
    }

    @Override
    public List<Listed> list(String agent, String pipeline) {
        reach("list", agent);
        synchronized (this) {
            return containers.values().stream()
                    .filter(c -> agent.equals(c.labels.get(Labels.AGENT)))
                    .filter(
                            c ->
                                    pipeline.isEmpty()
                                            || pipeline.equals(c.labels.get(Labels.PIPELINE)))
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
            FakeContainer c = containers.get(containerId);
            if (c == null) {
                return Optional.empty();
            }
            checkAgain(c);
            return Optional.of(c.live());
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
        before.call("pulling", image);
        synchronized (this) {
            calls.add("pull " + image);
            images.put(found.id(), found);
            tags.put(image, found.id());
            event("image", "pull", image, Map.of("name", image), null);
        }
    }

    @Override
    public InputStream save(String image, Duration deadline) {
        reach("save", image);
        synchronized (this) {
            calls.add("save " + image);
            return find(image)
                    .map(FakeArchive::of)
                    .orElseThrow(
                            () ->
                                    new PlumblineException(
                                            FailureKind.MISSING,
                                            "save " + image + ": no such image"));
        }
    }

    @Override
    public void load(InputStream image, Duration deadline, Consumer<String> progress) {
        reach("load", "");
        FakeImage loaded = FakeArchive.read(image);
        progress.accept("copied 1 MiB");
        synchronized (this) {
            calls.add("load " + loaded.id());
            images.put(loaded.id(), loaded);
            event("image", "load", loaded.id(), Map.of("name", loaded.id()), null);
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
    public void removeVolume(String volumeName) {
        reach("removeVolume", volumeName);
        synchronized (this) {
            if (volumes.remove(volumeName) != null) {
                calls.add("removeVolume " + volumeName);
                event("volume", "destroy", volumeName, Map.of(), null);
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
                        ContainerLayout.PROBE,
                        new FileContent(ContainerLayout.PROBE, 0755, 0, 0, new byte[0]));
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
            ended(c, c.stopCode());
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
            if (removing) {
                return;
            }
            containers.remove(containerId);
            event("container", "destroy", c);
        }
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
            FakeHost.refuseRestarting("connect", c);
            Attachment wanted = new Attachment(networkId, new TreeSet<>(aliases));
            Attachment there = c.networks.get(network.name());
            if (there != null
                    && there.networkId().equals(networkId)
                    && there.aliases().equals(wanted.aliases())
                    && (there.connected() || !c.alive())) {
                return;
            }
            calls.add("connect " + c.name + " " + aliases);
            boolean second = !c.config.networkMode().equals(network.name());
            String address =
                    second && there != null && !there.address().isEmpty()
                            ? there.address()
                            : address();
            if (there != null) {
                leave(c, network.name());
                networkEvent("disconnect", network, c);
            }
            c.networks.put(
                    network.name(),
                    c.alive() ? c.endpoint(networkId, wanted.aliases(), address) : wanted);
            networkEvent("connect", network, c);
            if (c.alive() && network.name().equals(c.networks.firstKey())) {
                takePorts(c);
            }
        }
    }

    @Override
    public void disconnect(String containerId, String networkId) {
        reach("disconnect", nameOf(containerId));
        synchronized (this) {
            FakeContainer c = byId(containerId);
            FakeHost.refuseRestarting("disconnect", c);
            for (Map.Entry<String, Attachment> e : Map.copyOf(c.networks).entrySet()) {
                if (e.getValue().networkId().equals(networkId)) {
                    calls.add("disconnect " + c.name);
                    leave(c, e.getKey());
                    networkEvent("disconnect", new LiveNetwork(networkId, e.getKey(), c.labels), c);
                }
            }
        }
    }

    @Override
    public InputStream archive(String containerId, String path) {
        reach("archive", nameOf(containerId));
        synchronized (this) {
            return FakeFiles.archive(byId(containerId).content(), path);
        }
    }

    @Override
    public boolean await(String containerId, Duration atMost) {
        reach("await", nameOf(containerId));
        return awaitEnd(containerId, atMost);
    }

    @Override
    public CommandResult exec(String containerId, List<String> command, Duration deadline) {
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
        if (hangs(c)) {
            waitInVain(c, deadline);
        }
        return c.image.exec(command, now);
    }

    private void waitInVain(FakeContainer c, Duration deadline) {
        try {
            tasks.sleep(deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new PlumblineException(
                FailureKind.TRANSIENT, "exec in " + c.name + ": not ended within " + deadline);
    }

    @Override
    public ControlResult control(ControlSpec spec) {
        reach("control", spec.network());
        synchronized (this) {
            calls.add("control");
            return control;
        }
    }

    @Override
    public AutoCloseable logs(
            String containerId,
            LogStart start,
            boolean follow,
            Consumer<LogLine> lines,
            Runnable end) {
        reach("logs", nameOf(containerId));
        return readLog(containerId, start, follow, lines, end);
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
            FakeStream<EngineEvent> stream =
                    new FakeStream<>(tasks, "fake-events-" + name, ours, closed);
            if (sinceNanos > 0) {
                history.stream().filter(e -> e.timeNano() >= sinceNanos).forEach(stream::send);
            }
            watchers.add(stream);
            eventStreams.incrementAndGet();
            if (eventsEnd) {
                stream.end("no event stream");
            }
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

    private void reach(String operation, String target) {
        CountDownLatch latch = hanging;
        if (latch != null) {
            unanswered.incrementAndGet();
            try {
                boolean _ = latch.await(patience.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                givenUp.incrementAndGet();
                unanswered.decrementAndGet();
            }
            throw unreachable(operation, "did not answer within " + patience);
        }
        if (away) {
            throw unreachable(operation, "connection refused");
        }
        before.call(operation, target);
        for (Silent s : silent) {
            if (s.operation().equals(operation) && concerns(s.target(), target)) {
                await(s, operation);
            }
        }
    }

    private synchronized boolean concerns(String wanted, String target) {
        FakeContainer c = containers.get(target);
        return wanted.isEmpty() || wanted.equals(target) || (c != null && c.name.equals(wanted));
    }

    private void await(Silent s, String operation) {
        try {
            if (s.latch().await(s.deadline().toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw unreachable(operation, "no answer within " + s.deadline());
    }

    private PlumblineException unreachable(String operation, String what) {
        return new PlumblineException(
                FailureKind.UNREACHABLE, operation + " on engine " + name + ": " + what);
    }
}
