package io.plumbline.testkit;

import io.plumbline.core.release.LanguageDefaults;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.FileMount;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.Resources;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Service;
import io.plumbline.manifest.Ulimit;
import io.plumbline.manifest.VolumeMount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Builds a service as a manifest's reader would give it; image {@code <name>:1} unless said. */
public final class ServiceBuilder {

    private final String name;
    private String image;
    private List<String> dependsOn = List.of();
    private int replicas = 1;
    private @Nullable List<String> entrypoint;
    private @Nullable List<String> command;
    private final TreeMap<String, String> env = new TreeMap<>();
    private @Nullable String user;
    private @Nullable String workingDir;
    private final TreeMap<String, String> labels = new TreeMap<>();
    private final List<Port> ports = new ArrayList<>();
    private final List<FileMount> files = new ArrayList<>();
    private final List<SecretMount> secrets = new ArrayList<>();
    private final List<VolumeMount> volumes = new ArrayList<>();
    private final TreeMap<String, String> tmpfs = new TreeMap<>();
    private @Nullable Healthcheck healthcheck;
    private @Nullable Long nanoCpus;
    private @Nullable Long memory;
    private boolean readOnly;
    private final TreeMap<String, Ulimit> ulimits = new TreeMap<>();
    private @Nullable String stopSignal;
    private Duration stopGracePeriod = LanguageDefaults.STOP_GRACE_PERIOD;
    private RestartPolicy restart = LanguageDefaults.RESTART;
    private PullPolicy pull = LanguageDefaults.PULL;
    private @Nullable Logging logging;
    private FieldValues fields = FieldValues.NONE;
    private Position position = new Position("pipelines/test.yaml", 1, 1);
    private @Nullable Duration restartUnhealthyAfter;
    private boolean stateful;

    private ServiceBuilder(String name) {
        this.name = name;
        this.image = name + ":1";
    }

    /** A service that says nothing but its name and image. */
    public static ServiceBuilder service(String name) {
        return new ServiceBuilder(name);
    }

    /** A service that uses every key of the language. */
    public static ServiceBuilder everyField(String name) {
        return service(name)
                .image("registry.example.com/recsys/" + name + ":1.4.2")
                .replicas(2)
                .entrypoint("/usr/bin/serve", "--fast")
                .command("--name", "caf\u00e9 \"x\"")
                .env("DATE", "2025-01-31")
                .env("EMPTY", "")
                .user("1000:1000")
                .workingDir("/srv")
                .label("team", "discovery")
                .port(8080, "8080-8089")
                .port(new Port(9090, new Port.Range(9090, 9099), Port.Protocol.UDP, "127.0.0.1"))
                .port(7000, null)
                .file("config/serve.toml", "/etc/serve.toml")
                .file(new FileMount("config/run.sh", "/opt/run.sh", 0755, 10, 20))
                .secret(new SecretMount.AsFile("api-key", "/run/secrets/api-key", 0400, 0, 0))
                .secret(new SecretMount.AsFile("tls", "/run/secrets/tls", 0440, 1, 2))
                .secret(new SecretMount.AsEnv("token", "TOKEN"))
                .volume(new VolumeMount("cache", "/cache", true, false))
                .volume(new VolumeMount("models", "/models", false, true))
                .tmpfs("/tmp", "size=64m,mode=1777")
                .healthcheck(
                        new Healthcheck.Check(
                                new Healthcheck.Http(8080, "/healthz"),
                                Duration.ofSeconds(10),
                                Duration.ofMillis(1500),
                                4,
                                Duration.ofSeconds(30)))
                .cpus(1_500_000_000L)
                .memory(1L << 30)
                .readOnly()
                .init()
                .capAdd("NET_BIND_SERVICE")
                .capDrop("ALL")
                .ulimit("nofile", 1024, 2048)
                .shmSize(128L << 20)
                .dns("10.0.0.2", "10.0.0.1")
                .extraHosts("db:10.0.0.9")
                .stopSignal("SIGINT")
                .stopGracePeriod(Duration.ofSeconds(25))
                .restart(RestartPolicy.ALWAYS)
                .pull(PullPolicy.ALWAYS)
                .logging(new Logging("json-file", new TreeMap<>(Map.of("max-size", "1m"))));
    }

    /** An HTTP check on that port, defaults else. */
    public static Healthcheck.Check http(int port) {
        return new Healthcheck.Check(
                new Healthcheck.Http(port, "/healthz"),
                LanguageDefaults.CHECK_INTERVAL,
                LanguageDefaults.CHECK_TIMEOUT,
                LanguageDefaults.CHECK_RETRIES,
                LanguageDefaults.CHECK_START_PERIOD);
    }

    /** The reference as written. */
    public ServiceBuilder image(String reference) {
        this.image = reference;
        return this;
    }

    /** Services that must be healthy first. */
    public ServiceBuilder dependsOn(String... services) {
        this.dependsOn = List.of(services);
        return this;
    }

    /** Per engine. */
    public ServiceBuilder replicas(int n) {
        this.replicas = n;
        return this;
    }

    /** Replaces the image's. */
    public ServiceBuilder entrypoint(String... words) {
        this.entrypoint = List.of(words);
        return this;
    }

    /** Replaces the image's. */
    public ServiceBuilder command(String... words) {
        this.command = List.of(words);
        return this;
    }

    /** One more variable. */
    public ServiceBuilder env(String variable, String value) {
        env.put(variable, value);
        return this;
    }

    /** Who runs it. */
    public ServiceBuilder user(String who) {
        this.user = who;
        return this;
    }

    /** Where it runs. */
    public ServiceBuilder workingDir(String folder) {
        this.workingDir = folder;
        return this;
    }

    /** One more label. */
    public ServiceBuilder label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /** One more port; {@code host} is a port, a range or null. */
    public ServiceBuilder port(int container, @Nullable String host) {
        Port.Range range = null;
        if (host != null) {
            String[] ends = host.split("-");
            range =
                    new Port.Range(
                            Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
        }
        return port(
                new Port(container, range, LanguageDefaults.PROTOCOL, LanguageDefaults.HOST_IP));
    }

    /** One more port. */
    public ServiceBuilder port(Port port) {
        ports.add(port);
        return this;
    }

    /** One more file with default mode and owner. */
    public ServiceBuilder file(String source, String target) {
        return file(
                new FileMount(
                        source,
                        target,
                        LanguageDefaults.FILE_MODE,
                        LanguageDefaults.OWNER,
                        LanguageDefaults.OWNER));
    }

    /** One more file. */
    public ServiceBuilder file(FileMount file) {
        files.add(file);
        return this;
    }

    /** One more secret. */
    public ServiceBuilder secret(SecretMount secret) {
        secrets.add(secret);
        return this;
    }

    /** One more single-writer volume. */
    public ServiceBuilder volume(String volume, String target) {
        return volume(new VolumeMount(volume, target, false, false));
    }

    /** One more volume. */
    public ServiceBuilder volume(VolumeMount volume) {
        volumes.add(volume);
        return this;
    }

    /** One more tmpfs. */
    public ServiceBuilder tmpfs(String target, String options) {
        tmpfs.put(target, options);
        return this;
    }

    /** How health is judged. */
    public ServiceBuilder healthcheck(Healthcheck check) {
        this.healthcheck = check;
        return this;
    }

    /** Times 10^9. */
    public ServiceBuilder cpus(Long nano) {
        this.nanoCpus = nano;
        return this;
    }

    /** Bytes. */
    public ServiceBuilder memory(Long bytes) {
        this.memory = bytes;
        return this;
    }

    /** Root file system. */
    public ServiceBuilder readOnly() {
        this.readOnly = true;
        return this;
    }

    /** An init process. */
    public ServiceBuilder init() {
        return field("init", true);
    }

    /** Capabilities added. */
    public ServiceBuilder capAdd(String... names) {
        return field("capAdd", List.of(names));
    }

    /** Capabilities dropped. */
    public ServiceBuilder capDrop(String... names) {
        return field("capDrop", List.of(names));
    }

    /** One more ulimit. */
    public ServiceBuilder ulimit(String limit, long soft, long hard) {
        ulimits.put(limit, new Ulimit(soft, hard));
        return this;
    }

    /** Bytes. */
    public ServiceBuilder shmSize(Long bytes) {
        return field("shmSize", bytes);
    }

    /** Servers. */
    public ServiceBuilder dns(String... servers) {
        return field("dns", List.of(servers));
    }

    /** {@code name:address}. */
    public ServiceBuilder extraHosts(String... hosts) {
        return field("extraHosts", List.of(hosts));
    }

    /** A plain field. */
    public ServiceBuilder field(String key, Object value) {
        this.fields = fields.with(key, value);
        return this;
    }

    /** Signal's name. */
    public ServiceBuilder stopSignal(String signal) {
        this.stopSignal = signal;
        return this;
    }

    /** Before the kill. */
    public ServiceBuilder stopGracePeriod(Duration grace) {
        this.stopGracePeriod = grace;
        return this;
    }

    /** The engine's policy. */
    public ServiceBuilder restart(RestartPolicy policy) {
        this.restart = policy;
        return this;
    }

    /** When the image is pulled. */
    public ServiceBuilder pull(PullPolicy policy) {
        this.pull = policy;
        return this;
    }

    /** The log driver. */
    public ServiceBuilder logging(Logging driver) {
        this.logging = driver;
        return this;
    }

    /** It never moves by itself. */
    public ServiceBuilder stateful() {
        this.stateful = true;
        return this;
    }

    /** It is restarted when it is unhealthy for so long. */
    public ServiceBuilder restartUnhealthyAfter(Duration after) {
        this.restartUnhealthyAfter = after;
        return this;
    }

    /** Where it stands in its file. */
    public ServiceBuilder at(Position where) {
        this.position = where;
        return this;
    }

    /** The service. */
    public Service build() {
        return new Service(
                name,
                dependsOn,
                image,
                replicas,
                entrypoint,
                command,
                new TreeMap<>(env),
                user,
                workingDir,
                new TreeMap<>(labels),
                List.copyOf(ports),
                List.copyOf(files),
                List.copyOf(secrets),
                List.copyOf(volumes),
                new TreeMap<>(tmpfs),
                healthcheck,
                new Resources(nanoCpus, memory),
                readOnly,
                new TreeMap<>(ulimits),
                stopSignal,
                stopGracePeriod,
                restart,
                pull,
                logging,
                fields,
                position,
                stateful,
                restartUnhealthyAfter,
                List.of());
    }
}
