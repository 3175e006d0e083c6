package io.plumbline.testkit;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.EngineHealth;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.RunState;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.VolumeMount;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a Docker engine reports of a container that the agent's adapter makes: the merge of what
 * create was given with what the image brings, written after {@code moby/daemon/commit.go} (merge)
 * and what Engine 20.10 was seen to report.
 */
public final class SimContainers {

    private SimContainers() {}

    /** The configuration that inspect shows after a create. */
    public static LiveConfig config(
            WorkloadSpec spec,
            LiveImage image,
            String pipeline,
            Map<String, String> secretEnv,
            String id) {
        List<String> entrypoint =
                spec.entrypoint() == null ? image.entrypoint() : spec.entrypoint();
        List<String> command = spec.command() == null ? List.of() : spec.command();
        if (command.isEmpty() && (spec.entrypoint() == null || spec.entrypoint().isEmpty())) {
            command = image.command();
        }
        var env = new TreeMap<>(image.env());
        env.putAll(spec.env());
        env.putAll(secretEnv);
        Long memory = spec.resources().memory();
        Long nanoCpus = spec.resources().nanoCpus();
        return new LiveConfig(
                image.id(),
                spec.image().engineName(),
                entrypoint,
                command,
                env,
                spec.user() == null ? image.user() : spec.user(),
                spec.workingDir() == null ? image.workingDir() : spec.workingDir(),
                ports(spec),
                mounts(spec, image, pipeline, id),
                new TreeMap<>(spec.tmpfs()),
                memory == null ? 0 : memory,
                memory == null ? 0 : 2 * memory,
                nanoCpus == null ? 0 : nanoCpus,
                spec.restart().word(),
                0,
                health(spec, image),
                new TreeSet<>(List.of("no-new-privileges")),
                false,
                ContainerLayout.networkName(pipeline),
                "",
                "private",
                spec.readOnly(),
                new TreeMap<>(spec.ulimits()),
                spec.stopSignal() == null ? image.stopSignal() : spec.stopSignal(),
                Duration.ofSeconds(ContainerLayout.wholeSeconds(spec.stopGracePeriod())),
                spec.logging() == null ? "json-file" : spec.logging().driver(),
                logOptions(spec.logging()),
                List.of(),
                spec.fields().number("shmSize") == null
                        ? spec.fields().with("shmSize", 64L << 20)
                        : spec.fields());
    }

    /** An image as a build would make it, with a little of everything that images bring. */
    public static LiveImage image(String reference) {
        return new LiveImage(
                Releases.imageId(reference),
                new TreeSet<>(List.of(Releases.image(reference).engineName())),
                List.of("/bin/start"),
                List.of("--default"),
                new TreeMap<>(Map.of("PATH", "/bin", "FROM_IMAGE", reference)),
                "app",
                "/app",
                new TreeSet<>(List.of("8080/tcp")),
                new TreeSet<>(List.of("/var/data")),
                new LiveConfig.LiveHealthcheck(
                        List.of("CMD-SHELL", "true"),
                        Duration.ZERO,
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(10),
                        0),
                new TreeMap<>(Map.of("maintainer", "somebody")),
                "SIGQUIT");
    }

    static LiveContainer created(
            String id,
            String name,
            SortedMap<String, String> labels,
            Instant now,
            LiveConfig config,
            String networkName,
            String networkId) {
        var networks = new TreeMap<String, LiveContainer.Attachment>();
        networks.put(networkName, new LiveContainer.Attachment(networkId, new TreeSet<>()));
        return new LiveContainer(
                id,
                name,
                labels,
                RunState.CREATED,
                EngineHealth.NONE,
                0,
                false,
                "",
                0,
                now,
                null,
                null,
                config,
                networks,
                List.of());
    }

    /** The same container in another state. */
    public static LiveContainer state(LiveContainer c, RunState state, int exitCode, Instant now) {
        boolean starts = state == RunState.RUNNING && !c.alive();
        return new LiveContainer(
                c.id(),
                c.name(),
                c.labels(),
                state,
                c.health(),
                exitCode,
                false,
                "",
                c.restartCount(),
                c.createdAt(),
                starts ? now : c.startedAt(),
                state == RunState.EXITED ? now : c.finishedAt(),
                c.config(),
                c.networks(),
                c.published());
    }

    /** The same container, which the engine started again by itself, or is about to. */
    static LiveContainer restarting(LiveContainer c, int restarts, RunState state) {
        return new LiveContainer(
                c.id(),
                c.name(),
                c.labels(),
                state,
                c.health(),
                c.exitCode(),
                false,
                "",
                restarts,
                c.createdAt(),
                c.startedAt(),
                c.finishedAt(),
                c.config(),
                c.networks(),
                c.published());
    }

    static LiveContainer name(LiveContainer c, String name) {
        return c.withName(name);
    }

    /**
     * The same container as the engine would show it: running, each network has an endpoint, and
     * the ports are published as long as there is one.
     *
     * @param taken the host ports that its start was given
     */
    static LiveContainer serving(LiveContainer c, List<LiveConfig.PublishedPort> taken) {
        boolean alive = c.alive();
        var networks = new TreeMap<String, LiveContainer.Attachment>();
        c.networks()
                .forEach(
                        (name, a) ->
                                networks.put(
                                        name,
                                        new LiveContainer.Attachment(
                                                a.networkId(),
                                                a.aliases(),
                                                alive ? "ep-" + c.id() + "-" + name : "",
                                                alive ? "10.0.0.2" : "")));
        return with(
                c,
                c.name(),
                c.labels(),
                c.config(),
                networks,
                networks.isEmpty() ? List.of() : taken);
    }

    /** The same container, whose published ports are lost. */
    static LiveContainer withoutPorts(LiveContainer c) {
        return with(c, c.name(), c.labels(), c.config(), c.networks(), List.of());
    }

    static LiveContainer networks(
            LiveContainer c, SortedMap<String, LiveContainer.Attachment> networks) {
        return with(c, c.name(), c.labels(), c.config(), networks, c.published());
    }

    static LiveContainer config(LiveContainer c, LiveConfig config) {
        return with(c, c.name(), c.labels(), config, c.networks(), c.published());
    }

    /** The same configuration with other limits and restart policy. */
    public static LiveConfig limits(
            LiveConfig c, long memory, long memorySwap, long nanoCpus, String restart) {
        return with(c, memory, memorySwap, nanoCpus, restart, c.networkMode(), c.fields());
    }

    /** The same configuration, made on that network. */
    static LiveConfig onNetwork(LiveConfig c, String network) {
        return with(c, c.memory(), c.memorySwap(), c.nanoCpus(), c.restart(), network, c.fields());
    }

    /** The same configuration with other values of plain fields. */
    static LiveConfig fields(LiveConfig c, FieldValues fields) {
        return with(
                c, c.memory(), c.memorySwap(), c.nanoCpus(), c.restart(), c.networkMode(), fields);
    }

    private static LiveConfig with(
            LiveConfig c,
            long memory,
            long memorySwap,
            long nanoCpus,
            String restart,
            String network,
            FieldValues fields) {
        return new LiveConfig(
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
                memory,
                memorySwap,
                nanoCpus,
                restart,
                c.restartMaxRetries(),
                c.healthcheck(),
                c.securityOpt(),
                c.privileged(),
                network,
                c.pidMode(),
                c.ipcMode(),
                c.readOnly(),
                c.ulimits(),
                c.stopSignal(),
                c.stopTimeout(),
                c.logDriver(),
                c.logOptions(),
                c.devices(),
                fields);
    }

    private static LiveContainer with(
            LiveContainer c,
            String name,
            SortedMap<String, String> labels,
            LiveConfig config,
            SortedMap<String, LiveContainer.Attachment> networks,
            List<LiveConfig.PublishedPort> published) {
        return new LiveContainer(
                c.id(),
                name,
                labels,
                c.state(),
                c.health(),
                c.exitCode(),
                c.oomKilled(),
                c.error(),
                c.restartCount(),
                c.createdAt(),
                c.startedAt(),
                c.finishedAt(),
                config,
                networks,
                published);
    }

    private static List<LiveConfig.PublishedPort> ports(WorkloadSpec spec) {
        var out = new ArrayList<LiveConfig.PublishedPort>();
        for (Port p : spec.ports()) {
            out.add(
                    new LiveConfig.PublishedPort(
                            p.container(),
                            p.protocol().name().toLowerCase(Locale.ROOT),
                            p.hostIp(),
                            p.host() == null ? "" : p.host().toString()));
        }
        return out;
    }

    private static List<LiveConfig.LiveMount> mounts(
            WorkloadSpec spec, LiveImage image, String pipeline, String id) {
        var out = new ArrayList<LiveConfig.LiveMount>();
        var taken = new TreeSet<>(spec.tmpfs().keySet());
        for (VolumeMount v : spec.volumes()) {
            taken.add(v.target());
            out.add(
                    new LiveConfig.LiveMount(
                            "volume",
                            ContainerLayout.volumeName(pipeline, v.name()),
                            "",
                            v.target(),
                            v.readOnly()));
        }
        var anonymous = new TreeSet<>(image.volumes());
        anonymous.addAll(ContainerLayout.of(spec).anonymousVolumes());
        anonymous.removeAll(taken);
        for (String target : anonymous) {
            out.add(
                    new LiveConfig.LiveMount(
                            "volume", Releases.hex(id + target), "", target, false));
        }
        out.sort(Comparator.comparing(LiveConfig.LiveMount::target));
        return out;
    }

    private static LiveConfig.@org.jspecify.annotations.Nullable LiveHealthcheck health(
            WorkloadSpec spec, LiveImage image) {
        List<String> test = ContainerLayout.of(spec).healthTest();
        var ofImage = image.healthcheck();
        if (test == null) {
            return ofImage;
        }
        Duration interval = Duration.ZERO;
        Duration timeout = Duration.ZERO;
        Duration startPeriod = Duration.ZERO;
        int retries = 0;
        if (spec.healthcheck() instanceof io.plumbline.manifest.Healthcheck.Check c) {
            interval = c.interval();
            timeout = c.timeout();
            startPeriod = c.startPeriod();
            retries = c.retries();
        }
        if (ofImage != null) {
            interval = interval.isZero() ? ofImage.interval() : interval;
            timeout = timeout.isZero() ? ofImage.timeout() : timeout;
            startPeriod = startPeriod.isZero() ? ofImage.startPeriod() : startPeriod;
            retries = retries == 0 ? ofImage.retries() : retries;
        }
        return new LiveConfig.LiveHealthcheck(test, interval, timeout, startPeriod, retries);
    }

    private static SortedMap<String, String> logOptions(
            @org.jspecify.annotations.Nullable Logging logging) {
        return logging == null
                ? new TreeMap<>(Map.of("max-size", "10m", "max-file", "3"))
                : new TreeMap<>(logging.options());
    }
}
