package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The decoder of a service; it also checks relations between its keys. */
final class ServiceDecoder {

    private static final int MOST_REPLICAS = 1000;
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    private final Decoder at;
    private final Fields fields;
    private final ServiceDefaults defaults;
    private final Placement placement;

    private final MountDecoder mounts = new MountDecoder();
    private final boolean step;

    private ServiceDecoder(
            Decoder at,
            Fields fields,
            ServiceDefaults defaults,
            Placement placement,
            boolean step) {
        this.step = step;
        this.at = at;
        this.fields = fields;
        this.defaults = defaults;
        this.placement = placement;
    }

    /** Returns null if it is not a mapping. */
    static @Nullable DecodedService decode(
            Decoder at, ServiceDefaults defaults, Placement placement) {
        Fields fields = at.fields(ManifestKeys.SERVICE);
        return fields == null
                ? null
                : new ServiceDecoder(at, fields, defaults, placement, false).service();
    }

    /** Returns null if it is not a mapping. */
    static @Nullable DecodedStep step(Decoder at) {
        Fields fields = at.fields(ManifestKeys.STEP);
        if (fields == null) {
            return null;
        }
        var decoder = new ServiceDecoder(at, fields, ServiceDefaults.NONE, Placement.DEFAULT, true);
        var workload = decoder.service();
        return StepDecoder.decode(fields, workload, decoder.mounts);
    }

    private DecodedService service() {
        String name = fields.require("name", Forms::name);
        String image = fields.require("image", ImageReference::read);
        int replicas = step ? 1 : fields.read("replicas", d -> d.integer(0, MOST_REPLICAS), 1);
        List<Placed<String>> dependsOn = dependsOn();
        List<Placed<Port>> ports = step ? List.of() : placed("ports", ContainerDecoder::port);
        List<Placed<FileMount>> files = placed("files", mounts::file);
        List<Placed<SecretMount>> secrets = placed("secrets", mounts::secret);
        List<Placed<VolumeMount>> volumes = placed("volumes", mounts::volume);
        SortedMap<String, String> tmpfs = tmpfs(mounts);
        List<Placed<StepInput>> inputs = StepDecoder.inputs(fields, mounts);
        mounts.check();
        SortedMap<String, String> env = env(secrets);
        boolean stateful = !step && fields.read("stateful", Decoder::bool, false);
        var room = new ReplicaChecks(placement, replicas);
        room.ports(ports);
        room.volumes(volumes);
        if (!step) {
            room.moves(at, fields.has("stateful"), stateful, volumes);
        }
        var judged = step ? null : fields.read("healthcheck", HealthcheckDecoder::read);
        var service =
                new Service(
                        name == null ? "" : name,
                        values(dependsOn),
                        image == null ? "" : image,
                        replicas,
                        fields.read("entrypoint", Forms::words),
                        command(),
                        env,
                        either("user", Forms::user, defaults.user()),
                        fields.read("workingDir", Forms::workingDir),
                        ServiceDefaults.merged(
                                defaults.labels(), fields.read("labels", Forms::labels, none())),
                        values(ports),
                        values(files),
                        values(secrets),
                        values(volumes),
                        tmpfs,
                        judged == null ? null : judged.check(),
                        defaults.resources(
                                fields.read(
                                        "resources", ContainerDecoder::resources, Resources.NONE)),
                        fields.read("readOnly", Decoder::bool, defaults.readOnly()),
                        fields.read(
                                "ulimits",
                                ContainerDecoder::ulimits,
                                Collections.<String, Ulimit>emptySortedMap()),
                        either("stopSignal", Forms::signal, defaults.stopSignal()),
                        orElse(
                                either(
                                        "stopGracePeriod",
                                        ContainerDecoder::wholeSeconds,
                                        defaults.stopGracePeriod()),
                                STOP_GRACE),
                        step ? RestartPolicy.NO : restart(),
                        orElse(
                                either("pull", ContainerDecoder::pull, defaults.pull()),
                                PullPolicy.MISSING),
                        either("logging", ContainerDecoder::logging, defaults.logging()),
                        ServiceDefaults.plain(
                                fields,
                                step ? ManifestKeys.STEP : ManifestKeys.SERVICE,
                                defaults.fields()),
                        fields.position(),
                        stateful,
                        judged == null ? null : judged.restartAfter(),
                        values(inputs));
        warnOfUnreadable(service.user(), files, secrets);
        return new DecodedService(service, at, dependsOn, ports, volumes, inputs);
    }

    private RestartPolicy restart() {
        return orElse(
                either("restart", ContainerDecoder::restart, defaults.restart()),
                RestartPolicy.UNLESS_STOPPED);
    }

    /** Warns of files and secrets that the service's own user may not read. */
    private static void warnOfUnreadable(
            @Nullable String user,
            List<Placed<FileMount>> files,
            List<Placed<SecretMount>> secrets) {
        if (user == null) {
            return;
        }
        for (Placed<FileMount> placed : files) {
            FileMount f = placed.value();
            warnOfUnreadable(user, placed.at(), f.target(), f.mode(), f.uid(), f.gid());
        }
        for (Placed<SecretMount> placed : secrets) {
            if (placed.value() instanceof SecretMount.AsFile f) {
                warnOfUnreadable(user, placed.at(), f.target(), f.mode(), f.uid(), f.gid());
            }
        }
    }

    private static void warnOfUnreadable(
            String user, Decoder at, String target, int mode, int uid, int gid) {
        if (!Readers.mayRead(user, mode, uid, gid)) {
            at.warning(
                    "user %s may not read %s, which has mode %04o and belongs to %d:%d: set uid, gid or mode"
                            .formatted(user, target, mode, uid, gid));
        }
    }

    private static SortedMap<String, String> none() {
        return Collections.emptySortedMap();
    }

    private static <T> T orElse(@Nullable T value, T fallback) {
        return value == null ? fallback : value;
    }

    private <T> @Nullable T either(String key, Fields.Reading<T> reading, @Nullable T fallback) {
        T own = fields.read(key, reading);
        return own == null ? fallback : own;
    }

    /** Returns the replacement of the image's CMD: {@code command}, then {@code args}. */
    private @Nullable List<String> command() {
        List<String> command = fields.read("command", Forms::words);
        List<String> args = fields.read("args", Forms::words);
        if (command == null || args == null) {
            return command == null ? args : command;
        }
        var all = new ArrayList<>(command);
        all.addAll(args);
        return List.copyOf(all);
    }

    private List<Placed<String>> dependsOn() {
        Set<String> seen = new HashSet<>();
        List<Placed<String>> all = placed("dependsOn", Forms::name);
        for (Placed<String> one : all) {
            if (!seen.add(one.value())) {
                one.at().error("is listed twice: " + Words.quoted(one.value()));
            }
        }
        return all;
    }

    /** Decodes the items of a list, each with its decoder; items with errors are omitted. */
    private <T> List<Placed<T>> placed(String key, Fields.Reading<T> reading) {
        return fields.read(
                key,
                d ->
                        d.list(
                                item -> {
                                    T value = reading.of(item);
                                    return value == null ? null : new Placed<>(value, item);
                                }),
                List.<Placed<T>>of());
    }

    private static <T> List<T> values(List<Placed<T>> placed) {
        return placed.stream().map(Placed::value).toList();
    }

    private SortedMap<String, String> tmpfs(MountDecoder mounts) {
        SortedMap<String, String> tmpfs = new TreeMap<>();
        for (Placed<Map.Entry<String, String>> mount : placed("tmpfs", mounts::tmpfs)) {
            tmpfs.put(mount.value().getKey(), mount.value().getValue());
        }
        return Collections.unmodifiableSortedMap(tmpfs);
    }

    /**
     * Decodes the variables. Each is set once, by {@code env} or by a secret; a secret replaces a
     * default.
     */
    private SortedMap<String, String> env(List<Placed<SecretMount>> secrets) {
        SortedMap<String, String> own = fields.read("env", Forms::env, none());
        var all = new TreeMap<>(ServiceDefaults.merged(defaults.env(), own));
        Set<String> seen = new HashSet<>();
        for (Placed<SecretMount> secret : secrets) {
            if (!(secret.value() instanceof SecretMount.AsEnv variable)) {
                continue;
            }
            String target = variable.target();
            if (own.containsKey(target)) {
                secret.at().error("'env' already sets " + Words.quoted(target));
            } else if (!seen.add(target)) {
                secret.at().error("another secret already sets " + Words.quoted(target));
            }
            all.remove(target);
        }
        return Collections.unmodifiableSortedMap(all);
    }
}
