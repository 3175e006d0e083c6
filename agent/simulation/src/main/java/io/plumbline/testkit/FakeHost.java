package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.EngineClient.EngineEvent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig.PublishedPort;
import io.plumbline.engine.docker.live.LiveContainer.Attachment;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.LogLine;
import io.plumbline.port.LogStart;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is on a {@link FakeEngine} and by which rules it changes. Guarded by its own lock. */
abstract class FakeHost {
    private static final int EVENTS_KEPT = 256;

    final String name;
    final FakeRegistry registry;
    final Map<String, FakeContainer> containers = new LinkedHashMap<>();
    final Map<String, LiveNetwork> networks = new LinkedHashMap<>();
    final TreeMap<String, LiveVolume> volumes = new TreeMap<>();
    final Map<String, FakeImage> images = new LinkedHashMap<>();
    final Map<String, String> tags = new HashMap<>();
    final Set<Integer> occupied = new HashSet<>();
    final List<EngineEvent> history = new ArrayList<>();
    final Set<FakeStream<EngineEvent>> watchers = new LinkedHashSet<>();
    final Map<FakeStream<LogLine>, String> logReaders = new LinkedHashMap<>();
    final Map<String, CompletableFuture<Boolean>> ends = new LinkedHashMap<>();
    final List<String> calls = new ArrayList<>();
    Instant clock = Instant.parse("2030-01-01T00:00:00Z");
    int serial;
    ControlResult control = ControlResult.PASSED;
    boolean checking = true;
    boolean overloaded;
    volatile boolean away;
    volatile boolean eventsEnd;
    final AtomicInteger eventStreams = new AtomicInteger();
    volatile @Nullable CountDownLatch hanging;
    volatile Duration patience = Duration.ZERO;

    /** Calls that wait for an answer now. */
    final AtomicInteger unanswered = new AtomicInteger();

    /** Calls that waited in vain. */
    final AtomicInteger givenUp = new AtomicInteger();

    volatile boolean removing;
    volatile FakeEngine.Before before = (_, _) -> {};
    final List<Silent> silent = new CopyOnWriteArrayList<>();

    /** Calls that are not answered within their deadline, until the latch is open. */
    record Silent(String operation, String target, Duration deadline, CountDownLatch latch) {}

    final Tasks tasks;

    FakeHost(String name, FakeRegistry registry, Tasks tasks) {
        this.tasks = tasks;
        this.name = name;
        this.registry = registry;
    }

    String containerFrom(NewContainer wanted) {
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
        var names = wanted.names();
        if (names != null) {
            LiveNetwork second = networks.get(names.networkId());
            if (second == null) {
                throw new PlumblineException(
                        FailureKind.MISSING,
                        "create " + wanted.name() + ": no network " + names.networkId());
            }
            c.networks.put(
                    second.name(), new Attachment(second.id(), new TreeSet<>(names.aliases())));
        }
        containers.put(id, c);
        event("container", "create", c);
        return id;
    }

    static boolean sameOwner(Map<String, String> there, Map<String, String> wanted) {
        return Objects.equals(there.get(Labels.AGENT), wanted.get(Labels.AGENT))
                && Objects.equals(there.get(Labels.PIPELINE), wanted.get(Labels.PIPELINE));
    }

    void refuseTakenName(String wanted) {
        if (containers.values().stream().anyMatch(c -> c.name.equals(wanted))) {
            throw new PlumblineException(
                    FailureKind.CONFLICT, "container name " + wanted + " is already in use");
        }
    }

    void checkStart(FakeContainer c) {
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

    void takePorts(FakeContainer c) {
        c.hostPorts.clear();
        try {
            for (PublishedPort port : c.config.ports()) {
                c.hostPorts.add(freePort(port, c));
            }
        } catch (PlumblineException e) {
            // As an engine does: a container that runs goes on without any.
            c.hostPorts.clear();
            throw e;
        }
    }

    static void refuseRestarting(String verb, FakeContainer c) {
        if (c.state == RunState.RESTARTING) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    verb + " " + c.name + ": the engine is about to restart it");
        }
    }

    /** Ports are published on the first network by name: without it, on the next, or not. */
    void leave(FakeContainer c, String network) {
        boolean published = c.alive() && network.equals(c.networks.firstKey());
        c.networks.remove(network);
        if (published) {
            c.hostPorts.clear();
            if (!c.networks.isEmpty()) {
                takePorts(c);
            }
        }
    }

    private PublishedPort freePort(PublishedPort wanted, FakeContainer c) {
        String[] range = (wanted.host().isEmpty() ? "32768-60999" : wanted.host()).split("-", 2);
        int first = Integer.parseInt(range[0]);
        int last = range.length == 1 ? first : Integer.parseInt(range[1]);
        Set<String> taken = new HashSet<>();
        for (FakeContainer o : containers.values()) {
            o.hostPorts.forEach(p -> taken.add(p.host() + "/" + p.protocol()));
        }
        for (int port = first; port <= last; port++) {
            if (!occupied.contains(port) && !taken.contains(port + "/" + wanted.protocol())) {
                return new PublishedPort(
                        wanted.container(),
                        wanted.protocol(),
                        wanted.hostIp(),
                        Integer.toString(port));
            }
        }
        throw new PlumblineException(
                FailureKind.CONFLICT,
                "start "
                        + c.name
                        + ": port is already allocated: "
                        + first
                        + "/"
                        + wanted.protocol());
    }

    void run(FakeContainer c) {
        c.state = RunState.RUNNING;
        c.endpoints(address());
        c.startedAt = tick();
        c.error = "";
        c.oomKilled = false;
        c.exitCode = 0;
        c.restarts = 0;
        c.health = c.judged() ? EngineHealth.STARTING : EngineHealth.NONE;
        c.lastCheck = null;
        c.checksHang = c.image.checksHang();
        event("container", "start", c);
        c.image.prints().forEach(line -> c.log.add(new LogLine(tick(), line)));
        var job = c.image.job();
        if (job != null) {
            work(c, job.run(c.given()));
            return;
        }
        if (c.image.exitCode() >= 0) {
            ended(c, c.image.exitCode());
            restartByPolicy(c);
        } else {
            judge(c, c.image.health());
        }
    }

    private void work(FakeContainer c, FakeJob.Ending ending) {
        c.ending = ending;
        ending.log().forEach(line -> c.log.add(new LogLine(tick(), line)));
        var after = ending.after();
        if (after == null) {
            return;
        }
        if (after.isZero()) {
            finish(c);
            return;
        }
        tasks.start(
                "fake-job-" + c.name,
                () -> {
                    try {
                        tasks.sleep(after);
                    } catch (InterruptedException e) {
                        return;
                    }
                    synchronized (this) {
                        if (ending.equals(c.ending) && containers.containsKey(c.id)) {
                            finish(c);
                        }
                    }
                });
    }

    /** The process of a job ends as it said at its start. */
    void finish(FakeContainer c) {
        var ending = c.ending;
        if (ending == null || !c.alive()) {
            return;
        }
        c.made.putAll(ending.files());
        if (ending.outOfMemory()) {
            event("container", "oom", c);
        }
        ended(c, ending.exitCode());
        c.oomKilled = ending.outOfMemory();
    }

    /** Waits until a container does not run. */
    boolean awaitEnd(String containerId, Duration atMost) {
        CompletableFuture<Boolean> end;
        synchronized (this) {
            FakeContainer c = byId(containerId);
            if (!c.alive() && c.state != RunState.RESTARTING) {
                return true;
            }
            end = ends.computeIfAbsent(c.id, _ -> new CompletableFuture<>());
        }
        try {
            return tasks.get(end, atMost);
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PlumblineException(FailureKind.TRANSIENT, "wait: interrupted");
        } catch (ExecutionException e) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE, "wait on engine " + name + ": connection lost", e);
        }
    }

    /** Whether a check in that container does not end in time. */
    boolean hangs(FakeContainer c) {
        return overloaded || c.checksHang;
    }

    String address() {
        serial++;
        return "10.9." + serial / 250 % 250 + "." + (serial % 250 + 2);
    }

    void judge(FakeContainer c, EngineHealth health) {
        if (hangs(c)) {
            timedOut(c);
        } else if (c.judged() && c.alive() && c.health != health) {
            c.health = health;
            c.lastCheck = checked(health, c.image.checkFailure());
            String word = health == EngineHealth.HEALTHY ? "healthy" : "unhealthy";
            if (health != EngineHealth.STARTING) {
                event("container", "health_status: " + word, c);
            }
        }
    }

    /** The engine ended the check: three times in a row make a container unhealthy. */
    private void timedOut(FakeContainer c) {
        if (!c.judged() || !c.alive()) {
            return;
        }
        boolean news = c.health != EngineHealth.UNHEALTHY;
        c.health = EngineHealth.UNHEALTHY;
        c.lastCheck =
                new CheckResult(
                        tick(),
                        CheckResult.WITHOUT_RESULT,
                        "Health check exceeded timeout (30s)",
                        3,
                        Duration.ofSeconds(60),
                        false);
        if (news) {
            event("container", "health_status: unhealthy", c);
        }
    }

    /** Another check ended since the last time somebody looked, with the same answer. */
    void checkAgain(FakeContainer c) {
        var last = c.lastCheck;
        if (last != null && c.state == RunState.RUNNING && checking) {
            c.lastCheck =
                    new CheckResult(
                            tick(),
                            last.exitCode(),
                            last.output(),
                            last.passed() ? 0 : last.failures() + 1,
                            last.failingFor(),
                            last.passedLately());
        }
    }

    /** A check that ended now: three failed ones in a row make a container unhealthy. */
    @Nullable CheckResult checked(EngineHealth health, CommandResult failure) {
        return switch (health) {
            case NONE, STARTING -> null;
            case HEALTHY -> new CheckResult(tick(), 0, "", 0, Duration.ZERO, true);
            case UNHEALTHY ->
                    new CheckResult(
                            tick(),
                            failure.exitCode(),
                            failure.output(),
                            3,
                            Duration.ofSeconds(60),
                            false);
        };
    }

    void ended(FakeContainer c, int code) {
        c.state = RunState.EXITED;
        c.exitCode = code;
        c.finishedAt = tick();
        c.hostPorts.clear();
        var told = new TreeMap<>(c.labels);
        told.put("exitCode", Integer.toString(code));
        event("container", "die", c.id, told, null);
        c.ending = null;
        var waiting = ends.remove(c.id);
        if (waiting != null) {
            waiting.complete(true);
        }
        for (FakeStream<LogLine> stream : List.copyOf(logReaders.keySet())) {
            if (c.id.equals(logReaders.get(stream))) {
                logReaders.remove(stream);
                stream.end("end");
            }
        }
    }

    synchronized AutoCloseable readLog(
            String containerId,
            LogStart start,
            boolean follow,
            Consumer<LogLine> lines,
            Runnable end) {
        FakeContainer c = byId(containerId);
        FakeStream<LogLine> stream =
                new FakeStream<>(tasks, "fake-logs-" + c.name, lines, _ -> end.run());
        past(c.log, start).forEach(stream::send);
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

    private static List<LogLine> past(List<LogLine> log, LogStart start) {
        return switch (start) {
            case LogStart.Tail(int lines) -> last(log, lines);
            case LogStart.Now() -> List.of();
            case LogStart.Since(Instant at, int lines) ->
                    last(
                            log.stream()
                                    .filter(l -> l.at() != null && !l.at().isBefore(at))
                                    .toList(),
                            lines);
        };
    }

    private static List<LogLine> last(List<LogLine> log, int lines) {
        return log.subList(lines == 0 ? 0 : Math.max(0, log.size() - lines), log.size());
    }

    void restartByPolicy(FakeContainer c) {
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

    Optional<FakeImage> find(String imageName) {
        String id = tags.getOrDefault(imageName, imageName);
        FakeImage byId = images.get(id);
        if (byId != null) {
            return Optional.of(byId);
        }
        return images.values().stream()
                .filter(i -> i.ref().engineName().equals(imageName))
                .findFirst();
    }

    FakeContainer byId(String id) {
        FakeContainer c = containers.get(id);
        if (c == null) {
            throw new PlumblineException(FailureKind.MISSING, "no such container: " + id);
        }
        return c;
    }

    FakeContainer byName(String containerName) {
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

    static List<String> names(Collection<FakeContainer> containers) {
        return containers.stream().map(c -> c.name).toList();
    }

    synchronized String nameOf(String containerId) {
        FakeContainer c = containers.get(containerId);
        return c == null ? containerId : c.name;
    }

    static boolean attached(FakeContainer c, String networkId) {
        return c.networks.values().stream().anyMatch(a -> a.networkId().equals(networkId));
    }

    static String status(FakeContainer c) {
        return switch (c.state) {
            case RUNNING -> c.judged() ? "Up (" + c.health + ")" : "Up";
            case PAUSED -> "Up (Paused)";
            case CREATED -> "Created";
            case RESTARTING -> "Restarting (" + c.exitCode + ")";
            case EXITED, REMOVING, DEAD -> "Exited (" + c.exitCode + ")";
        };
    }

    void networkEvent(String action, LiveNetwork network, FakeContainer c) {
        event(
                "network",
                action,
                network.id(),
                Map.of("name", network.name(), "container", c.id),
                c.id);
    }

    void event(String kind, String action, FakeContainer c) {
        event(kind, action, c.id, c.labels, null);
    }

    void event(
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

    Instant tick() {
        clock = clock.plusMillis(1);
        return clock;
    }

    synchronized void endStreams(String reason) {
        List.copyOf(ends.values())
                .forEach(e -> e.completeExceptionally(new IllegalStateException(reason)));
        ends.clear();
        watchers.forEach(w -> w.end(reason));
        watchers.clear();
        logReaders.keySet().forEach(r -> r.end(reason));
        logReaders.clear();
    }
}
