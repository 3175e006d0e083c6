package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import java.time.Duration;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The normal form of a live container, compared with a spec. */
final class LiveForm {

    private static final String HIDDEN = "(not shown)";

    private LiveForm() {}

    static NormalForm of(
            LiveContainer container,
            WorkloadSpec spec,
            @Nullable LiveImage image,
            @Nullable WorkloadSpec formerSpec,
            String pipeline) {
        LiveConfig c = container.config();
        var f = new FormFields();
        boolean sameImage = image != null && image.id().equals(c.imageId());
        f.put("image", sameImage || isLocal(spec, c) ? spec.image().engineName() : c.imageName());
        f.put("entrypoint", FormFields.words(c.entrypoint()));
        f.put("command", FormFields.words(c.command()));
        liveEnv(f, c, spec, image, formerSpec);
        f.put("user", c.user());
        f.put("workingDir", FormFields.folder(c.workingDir()));
        f.put("stopSignal", c.stopSignal().isEmpty() ? "SIGTERM" : c.stopSignal());
        container.labels().forEach((k, v) -> f.put("labels[" + k + "]", v));
        for (var p : c.ports()) {
            f.add(
                    FormFields.portField(p.container(), p.protocol()),
                    FormFields.published(
                            p.hostIp(),
                            p.host().isEmpty() ? null : FormFields.hostRange(p.host())));
        }
        liveMounts(f, c, spec, image, pipeline);
        f.health(c.healthcheck());
        liveLimits(f, c);
        liveIsolation(f, c);
        f.plain(c.fields());
        return f.done();
    }

    private static boolean isLocal(WorkloadSpec spec, LiveConfig c) {
        return spec.image().engineName().equals(c.imageId());
    }

    private static void liveEnv(
            FormFields f,
            LiveConfig c,
            WorkloadSpec spec,
            @Nullable LiveImage image,
            @Nullable WorkloadSpec formerSpec) {
        var env = new TreeMap<>(c.env());
        env.keySet().removeAll(SpecForm.secretVariables(spec));
        if (formerSpec != null) {
            env.keySet().removeAll(SpecForm.secretVariables(formerSpec));
        }
        env.forEach(
                (k, v) -> {
                    boolean told =
                            formerSpec != null
                                    || v.equals(spec.env().get(k))
                                    || (image != null && v.equals(image.env().get(k)));
                    f.putEvenEmpty("env[" + k + "]", told ? v : HIDDEN);
                });
    }

    private static void liveMounts(
            FormFields f,
            LiveConfig c,
            WorkloadSpec spec,
            @Nullable LiveImage image,
            String pipeline) {
        c.tmpfs()
                .forEach(
                        (t, options) ->
                                f.putEvenEmpty("tmpfs[" + FormFields.folder(t) + "]", options));
        Set<String> expected = SpecForm.anonymousVolumes(spec, image);
        for (var m : c.mounts()) {
            String target = FormFields.folder(m.target());
            boolean hidden =
                    c.tmpfs().keySet().stream().anyMatch(t -> FormFields.folder(t).equals(target));
            switch (m.type()) {
                case "volume" -> {
                    boolean anonymous =
                            !m.name().startsWith(pipeline + "_") && FormFields.isHex64(m.name());
                    boolean perhapsOfTheImage = image == null && !expected.contains(target);
                    if (!hidden && !(anonymous && perhapsOfTheImage)) {
                        String name = anonymous ? FormFields.ANONYMOUS : m.name();
                        f.put("volumes[" + target + "]", name + (m.readOnly() ? ":ro" : ""));
                    }
                }
                case "tmpfs" -> {
                    if (!hidden) {
                        f.putEvenEmpty("tmpfs[" + target + "]", "");
                    }
                }
                default ->
                        f.put(
                                "volumes[" + target + "]",
                                m.type() + ":" + m.source() + (m.readOnly() ? ":ro" : ""));
            }
        }
    }

    private static void liveLimits(FormFields f, LiveConfig c) {
        if (c.memory() > 0) {
            f.put("memory", Shown.size(c.memory()));
            // An engine that cannot limit swap reports -1 for any request.
            boolean usual = c.memorySwap() <= 0 || c.memorySwap() == 2 * c.memory();
            f.put("memorySwap", usual ? FormFields.DEFAULT_SWAP : Shown.size(c.memorySwap()));
        }
        f.put("cpus", c.nanoCpus() == 0 ? "" : Shown.cpus(c.nanoCpus()));
        String restart = c.restart().isEmpty() ? "no" : c.restart();
        f.put(
                "restart",
                c.restartMaxRetries() == 0 ? restart : restart + ":" + c.restartMaxRetries());
        c.ulimits().forEach((k, v) -> f.put("ulimits[" + k + "]", v.soft() + ":" + v.hard()));
        f.put("logging", c.logDriver());
        c.logOptions().forEach((k, v) -> f.put("logging[" + k + "]", v));
        f.put(
                "stopGracePeriod",
                FormFields.grace(
                        c.stopTimeout() == null ? Duration.ofSeconds(10) : c.stopTimeout()));
        f.put("readOnly", Boolean.toString(c.readOnly()));
    }

    private static void liveIsolation(FormFields f, LiveConfig c) {
        f.put("privileged", Boolean.toString(c.privileged()));
        var options = new TreeSet<String>();
        for (String o : c.securityOpt()) {
            boolean on = o.equals("no-new-privileges:true") || o.equals("no-new-privileges=true");
            options.add(on ? "no-new-privileges" : o);
        }
        f.put("securityOpt", String.join(" ", options));
        f.put("networkMode", isForeign(c.networkMode()) ? c.networkMode() : "");
        f.put("pidMode", c.pidMode());
        f.put("ipcMode", isForeign(c.ipcMode()) ? c.ipcMode() : "");
        f.put("devices", String.join(" ", c.devices()));
    }

    private static boolean isForeign(String mode) {
        return mode.equals("host") || mode.equals("none") || mode.startsWith("container:");
    }
}
