package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.core.workload.SecretHashes;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveConfig;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.VolumeMount;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The comparison of live containers with services, on one engine. {@code inspect} does not show
 * some fields: files, secrets, and which volumes are shared. They are compared with the spec that
 * the container was created from, if its hash is known.
 */
final class Comparison {

    /** Fields that the engine can change on a live container, if a value is set. */
    private static final Set<String> MENDABLE = Set.of("memory", "memorySwap", "cpus", "restart");

    /** The text for a port without a host port. */
    static final String NOT_PUBLISHED = "not published";

    private final PlanInput in;
    private final Predicate<LiveContainer> onBase;
    private final Map<String, WorkloadSpec> specs;
    private final IdentityHashMap<ReleaseService, IdentityHashMap<LiveContainer, List<FieldDiff>>>
            known = new IdentityHashMap<>();
    private final IdentityHashMap<ReleaseService, NormalForm> wanted = new IdentityHashMap<>();

    /**
     * Creates the comparison for a plan.
     *
     * @param onBase whether a container is on its base network, or needs none
     */
    Comparison(PlanInput in, Predicate<LiveContainer> onBase) {
        this.in = in;
        this.onBase = onBase;
        this.specs = new HashMap<>(in.recorded());
        for (Release r : in.kept()) {
            r.services().forEach(s -> specs.put(s.specHash(), s.spec()));
        }
        in.release().services().forEach(s -> specs.put(s.specHash(), s.spec()));
    }

    /** Returns the spec that a container was created from, null if it is not known. */
    @Nullable WorkloadSpec specOf(LiveContainer c) {
        return specs.get(c.label(Labels.SPEC));
    }

    /** Whether the container was created from the service's spec. */
    static boolean sameSpec(ReleaseService service, LiveContainer c) {
        return c.label(Labels.SPEC).equals(service.specHash());
    }

    /**
     * Returns every field in which the container differs from the service's spec. Never empty if
     * the container was created from another spec.
     */
    List<FieldDiff> fields(ReleaseService service, LiveContainer c) {
        // A plan asks several times for the same pair.
        return known.computeIfAbsent(service, _ -> new IdentityHashMap<>())
                .computeIfAbsent(c, _ -> compared(service, c));
    }

    private List<FieldDiff> compared(ReleaseService service, LiveContainer c) {
        WorkloadSpec spec = service.spec();
        LiveImage image = in.observed().images().get(spec.image().engineName());
        WorkloadSpec former = specs.get(c.label(Labels.SPEC));
        String pipeline = in.release().pipeline();
        NormalForm want =
                wanted.computeIfAbsent(service, _ -> NormalForm.desired(spec, image, pipeline));
        var out = new ArrayList<FieldDiff>();
        for (var d : NormalForm.diff(want, NormalForm.live(c, spec, image, former, pipeline))) {
            out.add(d.field().equals("image") ? imageForPeople(service, c) : d);
        }
        if (!sameSpec(service, c)) {
            if (former != null) {
                out.removeIf(d -> broughtByImages(spec, former, d.field()));
                hiddenFields(out, spec, former, want);
            }
            if (out.isEmpty()) {
                out.add(new FieldDiff("spec", service.specHash(), c.label(Labels.SPEC)));
            }
            out.sort(Comparator.comparing(FieldDiff::field));
        }
        return List.copyOf(out);
    }

    /**
     * Returns the parts that a running container lost, so that clients cannot reach it. One part is
     * its base network. The others are ports that it was created with and that the engine no longer
     * publishes, for example after a failed connect. A new connect would give it other host ports,
     * or none. A container that is on no network and has no base network is connected first, which
     * publishes its ports again.
     */
    List<FieldDiff> lost(ReleaseService service, LiveContainer c) {
        WorkloadSpec spec = service.spec();
        if (!c.alive() || spec.ports().isEmpty()) {
            return List.of();
        }
        if (!onBase.test(c)) {
            return List.of(
                    new FieldDiff(
                            networkField(ContainerLayout.baseNetworkName(in.release().pipeline())),
                            "attached",
                            "(not attached)"));
        }
        var out = new ArrayList<FieldDiff>();
        for (Port p : c.networks().isEmpty() ? List.<Port>of() : spec.ports()) {
            String protocol = p.protocol().name().toLowerCase(Locale.ROOT);
            if (c.published().stream().noneMatch(live -> publishes(live, p, protocol))) {
                out.add(
                        new FieldDiff(
                                FormFields.portField(p.container(), protocol),
                                FormFields.published(p.hostIp(), p.host()),
                                NOT_PUBLISHED));
            }
        }
        return List.copyOf(out);
    }

    static String networkField(String network) {
        return "networks[" + network + "]";
    }

    private static boolean publishes(LiveConfig.PublishedPort live, Port p, String protocol) {
        Port.Range host = p.host();
        Port.Range given = FormFields.hostRange(live.host());
        return live.container() == p.container()
                && live.protocol().equals(protocol)
                && given != null
                && (host == null
                        || (host.first() <= given.first() && given.first() <= host.last()));
    }

    /** Whether the engine can change this field on the live container. */
    static boolean mendable(FieldDiff d) {
        return MENDABLE.contains(d.field()) && !d.want().isEmpty();
    }

    /** Returns the names of the secrets whose current value the container does not have. */
    List<String> staleSecrets(ReleaseService service, LiveContainer c) {
        var has = SecretHashes.parse(c.label(Labels.SECRETS));
        var out = new TreeSet<String>();
        for (SecretMount s : service.spec().secrets()) {
            String today = in.secretHashes().get(s.name());
            String earlier = in.earlierHashes().get(s.name());
            String label = has.get(s.name());
            if (today != null
                    && !today.equals(label)
                    && (earlier == null || !earlier.equals(label))) {
                out.add(s.name());
            }
        }
        return List.copyOf(out);
    }

    private static FieldDiff imageForPeople(ReleaseService service, LiveContainer c) {
        String want = Shown.image(service.reference(), service.spec().image().engineName());
        String live = Shown.image(c.label(Labels.IMAGE), c.config().imageName());
        if (want.equals(live)) {
            live = Shown.image(c.label(Labels.IMAGE), c.config().imageId());
        }
        return new FieldDiff("image", want, live);
    }

    /** Whether neither spec sets the field, so that the other image is the whole reason. */
    private boolean broughtByImages(WorkloadSpec spec, WorkloadSpec former, String field) {
        return isSilent(spec, field) && isSilent(former, field);
    }

    private boolean isSilent(WorkloadSpec spec, String field) {
        NormalForm form = NormalForm.desired(spec, null, in.release().pipeline());
        return !form.fields().containsKey(field)
                && (form.isOpen(field) || field.startsWith("volumes["));
    }

    /** Adds the fields that only the former spec shows. */
    private void hiddenFields(
            List<FieldDiff> out, WorkloadSpec spec, WorkloadSpec former, NormalForm want) {
        addDiffs(out, files(spec), files(former));
        addDiffs(out, secrets(spec), secrets(former));
        addDiffs(out, sharing(spec), sharing(former));
        // If the spec no longer sets a field and the engine decides, the former value is still
        // shown.
        NormalForm had = NormalForm.desired(former, null, in.release().pipeline());
        had.fields()
                .forEach(
                        (field, value) -> {
                            if (!want.fields().containsKey(field) && want.isOpen(field)) {
                                out.add(new FieldDiff(field, "", value));
                            }
                        });
    }

    private static void addDiffs(
            List<FieldDiff> out, Map<String, String> want, Map<String, String> had) {
        var names = new TreeSet<>(want.keySet());
        names.addAll(had.keySet());
        for (String n : names) {
            @Nullable String w = want.get(n);
            @Nullable String h = had.get(n);
            if (!Objects.equals(w, h)) {
                out.add(new FieldDiff(n, w == null ? "" : w, h == null ? "" : h));
            }
        }
    }

    private static Map<String, String> files(WorkloadSpec spec) {
        var out = new TreeMap<String, String>();
        for (SpecFile f : spec.files()) {
            out.put(
                    "files[" + f.target() + "]",
                    Shown.shortened(f.sha256()) + owner(f.mode(), f.uid(), f.gid()));
        }
        return out;
    }

    private static Map<String, String> secrets(WorkloadSpec spec) {
        var out = new TreeMap<String, String>();
        for (SecretMount s : spec.secrets()) {
            out.put(
                    "secrets[" + s.target() + "]",
                    switch (s) {
                        case SecretMount.AsEnv e -> e.name() + " as env";
                        case SecretMount.AsFile f ->
                                f.name() + " as file" + owner(f.mode(), f.uid(), f.gid());
                    });
        }
        return out;
    }

    private static Map<String, String> sharing(WorkloadSpec spec) {
        var out = new TreeMap<String, String>();
        for (VolumeMount v : spec.volumes()) {
            if (v.shared()) {
                out.put("volumes[" + v.target() + "].shared", "true");
            }
        }
        return out;
    }

    private static String owner(int mode, int uid, int gid) {
        return String.format(java.util.Locale.ROOT, " %04o %d:%d", mode, uid, gid);
    }
}
