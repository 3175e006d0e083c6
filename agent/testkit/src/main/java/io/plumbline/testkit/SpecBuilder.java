package io.plumbline.testkit;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.Resources;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Ulimit;
import io.plumbline.manifest.VolumeMount;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Makes container specs for tests: all that is not said is a manifest's default. */
public final class SpecBuilder {
    private final ImageRef image;
    private @Nullable List<String> entrypoint;
    private @Nullable List<String> command;
    private final TreeMap<String, String> env = new TreeMap<>();
    private @Nullable String user;
    private @Nullable String workingDir;
    private final TreeMap<String, String> labels = new TreeMap<>();
    private final List<Port> ports = new ArrayList<>();
    private final List<SpecFile> files = new ArrayList<>();
    private final List<SecretMount> secrets = new ArrayList<>();
    private final List<VolumeMount> volumes = new ArrayList<>();
    private final TreeMap<String, String> tmpfs = new TreeMap<>();
    private @Nullable Healthcheck healthcheck;
    private Resources resources = Resources.NONE;
    private boolean readOnly;
    private final TreeMap<String, Ulimit> ulimits = new TreeMap<>();
    private @Nullable String stopSignal;
    private Duration stopGracePeriod = Duration.ofSeconds(10);
    private RestartPolicy restart = RestartPolicy.UNLESS_STOPPED;
    private @Nullable Logging logging;
    private FieldValues fields = FieldValues.NONE;

    /** A container of that image. */
    public SpecBuilder(ImageRef image) {
        this.image = image;
    }

    /** Sets the entrypoint. */
    public SpecBuilder entrypoint(String... words) {
        entrypoint = List.of(words);
        return this;
    }

    /** Sets the command. */
    public SpecBuilder command(String... words) {
        command = List.of(words);
        return this;
    }

    /** Adds a variable. */
    public SpecBuilder env(String name, String value) {
        env.put(name, value);
        return this;
    }

    /** Sets the user. */
    public SpecBuilder user(String name) {
        user = name;
        return this;
    }

    /** Sets the working directory. */
    public SpecBuilder workingDir(String path) {
        workingDir = path;
        return this;
    }

    /** Adds a label of the committer's. */
    public SpecBuilder label(String name, String value) {
        labels.put(name, value);
        return this;
    }

    /** Publishes a tcp port on one host port. */
    public SpecBuilder port(int container, int host) {
        return port(container, new Port.Range(host, host));
    }

    /** Publishes a tcp port; null lets the engine choose. */
    public SpecBuilder port(int container, Port.@Nullable Range host) {
        ports.add(new Port(container, host, Port.Protocol.TCP, "0.0.0.0"));
        return this;
    }

    /** Adds a file from Git. */
    public SpecBuilder file(String target, String sha256) {
        files.add(new SpecFile(target, 0444, 0, 0, sha256));
        return this;
    }

    /** Adds a secret. */
    public SpecBuilder secret(SecretMount mount) {
        secrets.add(mount);
        return this;
    }

    /** Adds a named volume. */
    public SpecBuilder volume(String name, String target, boolean shared, boolean readOnly) {
        volumes.add(new VolumeMount(name, target, shared, readOnly));
        return this;
    }

    /** Adds a tmpfs. */
    public SpecBuilder tmpfs(String target, String options) {
        tmpfs.put(target, options);
        return this;
    }

    /** Sets the health check. */
    public SpecBuilder healthcheck(Healthcheck check) {
        healthcheck = check;
        return this;
    }

    /** A health check with short times: every second, one failure is enough. */
    public SpecBuilder healthcheck(Healthcheck.Test test) {
        Duration second = Duration.ofSeconds(1);
        return healthcheck(new Healthcheck.Check(test, second, second, 1, Duration.ZERO));
    }

    /** Sets the limits. */
    public SpecBuilder limits(@Nullable Long memory, @Nullable Long nanoCpus) {
        resources = new Resources(nanoCpus, memory);
        return this;
    }

    /** Makes the root read-only. */
    public SpecBuilder readOnly() {
        readOnly = true;
        return this;
    }

    /** Runs an init process. */
    public SpecBuilder init() {
        return field("init", true);
    }

    /** Sets capabilities. */
    public SpecBuilder capabilities(List<String> add, List<String> drop) {
        return field("capAdd", add).field("capDrop", drop);
    }

    /** Adds a limit of the kernel. */
    public SpecBuilder ulimit(String name, long soft, long hard) {
        ulimits.put(name, new Ulimit(soft, hard));
        return this;
    }

    /** Sets the size of /dev/shm. */
    public SpecBuilder shmSize(long bytes) {
        return field("shmSize", bytes);
    }

    /** Sets name servers and host names. */
    public SpecBuilder names(List<String> servers, List<String> hosts) {
        return field("dns", servers).field("extraHosts", hosts);
    }

    /** Sets a plain field. */
    public SpecBuilder field(String key, Object value) {
        fields = fields.with(key, value);
        return this;
    }

    /** Sets how it is stopped. */
    public SpecBuilder stop(@Nullable String signal, Duration grace) {
        stopSignal = signal;
        stopGracePeriod = grace;
        return this;
    }

    /** Sets the engine's policy. */
    public SpecBuilder restart(RestartPolicy policy) {
        restart = policy;
        return this;
    }

    /** Sets the log driver. */
    public SpecBuilder logging(Logging driver) {
        logging = driver;
        return this;
    }

    /** The spec. */
    public WorkloadSpec build() {
        return new WorkloadSpec(
                image,
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
                resources,
                readOnly,
                new TreeMap<>(ulimits),
                stopSignal,
                stopGracePeriod,
                restart,
                logging,
                fields);
    }
}
