package io.plumbline.testkit;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.CheckResult;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveConfig.LiveHealthcheck;
import io.plumbline.engine.docker.live.LiveConfig.LiveMount;
import io.plumbline.engine.docker.live.LiveConfig.PublishedPort;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.FileBytes;
import io.plumbline.port.LogLine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A container of a {@link FakeEngine}: guarded by the engine's lock. */
final class FakeContainer {
    private static final long DEFAULT_SHM = 64L << 20;

    final String id;
    final FakeImage image;
    final TreeMap<String, String> labels = new TreeMap<>();
    final TreeMap<String, LiveContainer.Attachment> networks = new TreeMap<>();
    final Map<String, FileContent> files = new LinkedHashMap<>();
    final Map<String, FakeJob.Made> made = new TreeMap<>();
    final List<LogLine> log = new ArrayList<>();
    final List<PublishedPort> hostPorts = new ArrayList<>();
    final Instant createdAt;
    String name;
    RunState state = RunState.CREATED;
    EngineHealth health = EngineHealth.NONE;
    @Nullable CheckResult lastCheck;
    boolean checksHang;
    int exitCode;
    boolean oomKilled;
    String error = "";
    int restarts;
    FakeJob.@Nullable Ending ending;
    @Nullable Instant startedAt;
    @Nullable Instant finishedAt;
    LiveConfig config;

    FakeContainer(
            String id,
            NewContainer wanted,
            String networkName,
            FakeImage image,
            Instant createdAt) {
        this.id = id;
        this.name = wanted.name();
        this.image = image;
        this.createdAt = createdAt;
        LiveImage live = image.live();
        labels.putAll(live.labels());
        labels.putAll(wanted.labels());
        labels.putAll(wanted.spec().labels());
        networks.put(
                networkName, new LiveContainer.Attachment(wanted.networkId(), new TreeSet<>()));
        config = configOf(id, wanted, networkName, live);
    }

    boolean alive() {
        return state == RunState.RUNNING || state == RunState.PAUSED;
    }

    /** What it is given at its start. */
    FakeJob.Start given() {
        var bytes = new LinkedHashMap<String, FileBytes>();
        files.forEach((target, file) -> bytes.put(target, file.bytes()));
        return new FakeJob.Start(bytes, Map.copyOf(config.env()), config.command());
    }

    int stopCode() {
        var does = ending;
        return does == null ? 143 : does.stopCode();
    }

    /** What is in it: files that were copied, and what it made. */
    Map<String, FakeJob.Made> content() {
        var all = new TreeMap<>(made);
        for (var f : files.values()) {
            all.putIfAbsent(f.target(), new FakeJob.Made(f.mode(), "", FakeScript.whole(f)));
        }
        return all;
    }

    boolean judged() {
        LiveHealthcheck check = config.healthcheck();
        return check != null && !check.test().equals(List.of("NONE"));
    }

    LiveContainer live() {
        return new LiveContainer(
                id,
                name,
                new TreeMap<>(labels),
                state,
                alive() ? health : EngineHealth.NONE,
                alive() ? 0 : exitCode,
                oomKilled,
                error,
                restarts,
                createdAt,
                startedAt,
                finishedAt,
                config,
                alive() ? new TreeMap<>(networks) : withoutEndpoints(),
                alive() && !networks.isEmpty() ? List.copyOf(hostPorts) : List.of(),
                lastCheck);
    }

    private SortedMap<String, LiveContainer.Attachment> withoutEndpoints() {
        TreeMap<String, LiveContainer.Attachment> bare = new TreeMap<>();
        networks.forEach(
                (network, a) ->
                        bare.put(
                                network, new LiveContainer.Attachment(a.networkId(), a.aliases())));
        return bare;
    }

    /** Each network that it is attached to gets an endpoint, as at its start. */
    void endpoints(String address) {
        networks.replaceAll((_, a) -> endpoint(a.networkId(), a.aliases(), address));
    }

    /** An endpoint of a container that runs. */
    LiveContainer.Attachment endpoint(String networkId, SortedSet<String> aliases, String address) {
        return new LiveContainer.Attachment(
                networkId,
                aliases,
                FakeImage.hash("endpoint " + id + networkId + aliases),
                address);
    }

    /** The endpoint on a network is lost; the network is still listed. */
    void loseEndpoint(String network) {
        networks.computeIfPresent(
                network, (_, a) -> new LiveContainer.Attachment(a.networkId(), a.aliases()));
        if (!networks.isEmpty() && network.equals(networks.firstKey())) {
            hostPorts.clear();
        }
    }

    void limits(long memory, long nanoCpus, String restart) {
        LiveConfig c = config;
        config =
                new LiveConfig(
                        c.imageId(),
                        c.imageName(),
                        c.entrypoint(),
                        c.command(),
                        c.env(),
                        c.user(),
                        c.workingDir(),
                        c.ports(),
                        c.mounts(),
                        c.tmpfs(),
                        memory == 0 ? c.memory() : memory,
                        memory == 0 ? c.memorySwap() : 2 * memory,
                        nanoCpus == 0 ? c.nanoCpus() : nanoCpus,
                        restart,
                        c.restartMaxRetries(),
                        c.healthcheck(),
                        c.securityOpt(),
                        c.privileged(),
                        c.networkMode(),
                        c.pidMode(),
                        c.ipcMode(),
                        c.readOnly(),
                        c.ulimits(),
                        c.stopSignal(),
                        c.stopTimeout(),
                        c.logDriver(),
                        c.logOptions(),
                        c.devices(),
                        c.fields());
    }

    private static LiveConfig configOf(
            String id, NewContainer wanted, String networkName, LiveImage image) {
        WorkloadSpec spec = wanted.spec();
        long memory = spec.resources().memory() == null ? 0 : spec.resources().memory();
        long cpus = spec.resources().nanoCpus() == null ? 0 : spec.resources().nanoCpus();
        Logging logging =
                spec.logging() != null
                        ? spec.logging()
                        : new Logging(
                                "json-file",
                                new TreeMap<>(Map.of("max-size", "10m", "max-file", "3")));
        return new LiveConfig(
                image.id(),
                spec.image().engineName(),
                spec.entrypoint() != null ? spec.entrypoint() : image.entrypoint(),
                command(spec, image),
                env(wanted, image),
                spec.user() != null ? spec.user() : image.user(),
                spec.workingDir() != null ? spec.workingDir() : image.workingDir(),
                spec.ports().stream().map(FakeContainer::port).toList(),
                mounts(id, wanted, image),
                new TreeMap<>(spec.tmpfs()),
                memory,
                2 * memory,
                cpus,
                spec.restart().word(),
                0,
                healthcheck(spec, image),
                new TreeSet<>(Set.of("no-new-privileges")),
                false,
                networkName,
                "",
                "private",
                spec.readOnly(),
                new TreeMap<>(spec.ulimits()),
                spec.stopSignal() != null ? spec.stopSignal() : image.stopSignal(),
                spec.stopGracePeriod(),
                logging.driver(),
                new TreeMap<>(logging.options()),
                List.of(),
                fields(spec));
    }

    private static FieldValues fields(WorkloadSpec spec) {
        return spec.fields().number("shmSize") == null
                ? spec.fields().with("shmSize", DEFAULT_SHM)
                : spec.fields();
    }

    private static List<String> command(WorkloadSpec spec, LiveImage image) {
        if (spec.command() != null) {
            return spec.command();
        }
        return spec.entrypoint() != null ? List.of() : image.command();
    }

    private static SortedMap<String, String> env(NewContainer wanted, LiveImage image) {
        TreeMap<String, String> env = new TreeMap<>(image.env());
        env.putAll(wanted.spec().env());
        wanted.secretEnv().forEach((name, value) -> env.put(name, value.text()));
        return env;
    }

    private static PublishedPort port(Port port) {
        return new PublishedPort(
                port.container(),
                port.protocol().name().toLowerCase(Locale.ROOT),
                port.hostIp(),
                port.host() == null ? "" : port.host().toString());
    }

    private static List<LiveMount> mounts(String id, NewContainer wanted, LiveImage image) {
        TreeMap<String, LiveMount> byTarget = new TreeMap<>();
        SortedSet<String> anonymous = new TreeSet<>(image.volumes());
        anonymous.addAll(ContainerLayout.of(wanted.spec()).anonymousVolumes());
        for (String target : anonymous) {
            String name = FakeImage.hash("volume " + id + " " + target);
            byTarget.put(target, new LiveMount("volume", name, "", target, false));
        }
        for (VolumeMount mount : wanted.spec().volumes()) {
            String name = wanted.volumeNames().getOrDefault(mount.name(), mount.name());
            byTarget.put(
                    mount.target(),
                    new LiveMount("volume", name, "", mount.target(), mount.readOnly()));
        }
        return byTarget.values().stream().sorted(Comparator.comparing(LiveMount::target)).toList();
    }

    private static @Nullable LiveHealthcheck healthcheck(WorkloadSpec spec, LiveImage image) {
        List<String> test = ContainerLayout.of(spec).healthTest();
        if (test == null) {
            return image.healthcheck();
        }
        return spec.healthcheck() instanceof Healthcheck.Check check
                ? new LiveHealthcheck(
                        test,
                        check.interval(),
                        check.timeout(),
                        check.startPeriod(),
                        check.retries())
                : new LiveHealthcheck(test, Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);
    }
}
