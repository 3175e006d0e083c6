package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.VolumeMount;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The normal form of a spec, with the defaults of its image. */
final class SpecForm {

    private static final Logging DEFAULT_LOGGING =
            new Logging("json-file", new TreeMap<>(Map.of("max-size", "10m", "max-file", "3")));

    private SpecForm() {}

    static NormalForm of(WorkloadSpec spec, @Nullable LiveImage image, String pipeline) {
        var f = new FormFields();
        f.put("image", spec.image().engineName());
        desiredCommand(f, spec, image);
        desiredEnv(f, spec, image);
        desiredProcess(f, spec, image);
        spec.labels().forEach((k, v) -> f.put("labels[" + k + "]", v));
        f.open("labels[");
        f.putAll(ports(spec));
        desiredMounts(f, spec, image, pipeline);
        desiredHealth(f, spec, image);
        desiredLimits(f, spec);
        f.plain(spec.fields());
        f.put("securityOpt", "no-new-privileges");
        return f.done();
    }

    /** Returns the variables of a spec that carry secrets. */
    static Set<String> secretVariables(WorkloadSpec spec) {
        var out = new TreeSet<String>();
        for (SecretMount s : spec.secrets()) {
            if (s instanceof SecretMount.AsEnv e) {
                out.add(e.target());
            }
        }
        return out;
    }

    /**
     * Returns the targets of anonymous volumes, from the image and a read-only root. A tmpfs or a
     * named volume at the same target takes precedence.
     */
    static Set<String> anonymousVolumes(WorkloadSpec spec, @Nullable LiveImage image) {
        var out = new TreeSet<>(ContainerLayout.of(spec).anonymousVolumes());
        if (image != null) {
            image.volumes().forEach(t -> out.add(FormFields.folder(t)));
        }
        spec.tmpfs().keySet().forEach(t -> out.remove(FormFields.folder(t)));
        spec.volumes().forEach(v -> out.remove(FormFields.folder(v.target())));
        return out;
    }

    /**
     * Combines command and entrypoint as the engine does: an entrypoint in the spec drops the
     * image's command.
     */
    private static void desiredCommand(FormFields f, WorkloadSpec spec, @Nullable LiveImage image) {
        List<String> entrypoint = spec.entrypoint();
        List<String> command = spec.command() == null ? List.of() : spec.command();
        boolean ownEntrypoint = entrypoint != null && !entrypoint.isEmpty();
        if (command.isEmpty() && !ownEntrypoint) {
            if (image == null) {
                f.open("command");
            } else {
                command = image.command();
            }
        }
        f.put("command", FormFields.words(command));
        if (entrypoint != null) {
            f.put("entrypoint", FormFields.words(entrypoint));
        } else if (image == null) {
            f.open("entrypoint");
        } else {
            f.put("entrypoint", FormFields.words(image.entrypoint()));
        }
    }

    private static void desiredEnv(FormFields f, WorkloadSpec spec, @Nullable LiveImage image) {
        var env = new TreeMap<String, String>();
        if (image == null) {
            f.open("env[");
        } else {
            env.putAll(image.env());
        }
        env.putAll(spec.env());
        env.keySet().removeAll(secretVariables(spec));
        env.forEach((k, v) -> f.putEvenEmpty("env[" + k + "]", v));
    }

    private static void desiredProcess(FormFields f, WorkloadSpec spec, @Nullable LiveImage image) {
        f.choice("user", spec.user(), image == null ? null : image.user());
        f.choice(
                "workingDir",
                spec.workingDir() == null ? null : FormFields.folder(spec.workingDir()),
                image == null ? null : FormFields.folder(image.workingDir()));
        String fromImage =
                image == null
                        ? null
                        : image.stopSignal().isEmpty() ? "SIGTERM" : image.stopSignal();
        f.choice("stopSignal", spec.stopSignal(), fromImage);
        f.put("stopGracePeriod", FormFields.grace(spec.stopGracePeriod()));
        f.put("readOnly", Boolean.toString(spec.readOnly()));
        f.put("privileged", "false");
    }

    private static SortedMap<String, String> ports(WorkloadSpec spec) {
        var f = new FormFields();
        for (Port p : spec.ports()) {
            f.add(
                    FormFields.portField(
                            p.container(), p.protocol().name().toLowerCase(Locale.ROOT)),
                    FormFields.published(p.hostIp(), p.host()));
        }
        return f.done().fields();
    }

    private static void desiredMounts(
            FormFields f, WorkloadSpec spec, @Nullable LiveImage image, String pipeline) {
        spec.tmpfs()
                .forEach(
                        (t, options) ->
                                f.putEvenEmpty("tmpfs[" + FormFields.folder(t) + "]", options));
        for (String target : anonymousVolumes(spec, image)) {
            f.put("volumes[" + target + "]", FormFields.ANONYMOUS);
        }
        for (VolumeMount v : spec.volumes()) {
            f.put(
                    "volumes[" + FormFields.folder(v.target()) + "]",
                    ContainerLayout.volumeName(pipeline, v.name()) + (v.readOnly() ? ":ro" : ""));
        }
    }

    private static void desiredHealth(FormFields f, WorkloadSpec spec, @Nullable LiveImage image) {
        List<String> test = ContainerLayout.of(spec).healthTest();
        var fromImage = image == null ? null : image.healthcheck();
        switch (spec.healthcheck()) {
            case null -> {
                if (image == null) {
                    f.open("healthcheck");
                    f.open("healthcheck.interval");
                    f.open("healthcheck.timeout");
                    f.open("healthcheck.retries");
                    f.open("healthcheck.startPeriod");
                } else {
                    f.health(fromImage);
                }
            }
            case Healthcheck.None _ -> f.put("healthcheck", "none");
            case Healthcheck.Check c -> {
                // The engine replaces zero values with those of the image's own check.
                Duration startPeriod = c.startPeriod();
                if (startPeriod.isZero() && image == null) {
                    f.open("healthcheck.startPeriod");
                } else if (startPeriod.isZero() && fromImage != null) {
                    startPeriod = fromImage.startPeriod();
                }
                f.health(
                        new LiveConfig.LiveHealthcheck(
                                test == null ? List.of() : test,
                                c.interval(),
                                c.timeout(),
                                startPeriod,
                                c.retries()));
            }
        }
    }

    private static void desiredLimits(FormFields f, WorkloadSpec spec) {
        Long memory = spec.resources().memory();
        if (memory != null) {
            f.put("memory", Shown.size(memory));
            f.put("memorySwap", FormFields.DEFAULT_SWAP);
        }
        Long cpus = spec.resources().nanoCpus();
        f.put("cpus", cpus == null ? "" : Shown.cpus(cpus));
        f.put("restart", spec.restart().word());
        spec.ulimits().forEach((k, v) -> f.put("ulimits[" + k + "]", v.soft() + ":" + v.hard()));
        f.open("ulimits[");
        Logging logging = spec.logging() == null ? DEFAULT_LOGGING : spec.logging();
        f.put("logging", logging.driver());
        logging.options().forEach((k, v) -> f.put("logging[" + k + "]", v));
        f.open("logging[");
    }
}
