package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.LiveImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A comparable form of a container. The spec and the output of {@code inspect} are both brought
 * into this form. Defaults of the engine or the image are no differences in it.
 *
 * <p>Fields have the manifest's names: {@code image, command, entrypoint, env[NAME], user,
 * workingDir, ports[8080/tcp], volumes[/target], tmpfs[/target], memory, memorySwap, cpus, restart,
 * healthcheck, healthcheck.interval, ..., labels[key], readOnly, ulimits[name], stopSignal,
 * stopGracePeriod, logging, logging[option]} and every {@link io.plumbline.manifest.PlainField}.
 * These fields exist, too, though no manifest can set them: {@code securityOpt, privileged,
 * networkMode, pidMode, ipcMode, devices}. An empty text is the same as no field.
 *
 * <p>Variables with secrets are on neither side. The agent's own labels are omitted, because the
 * container was found by them. If the spec omits a field that the engine's own configuration may
 * set (shmSize, ulimits, log options, labels), the live value is right.
 *
 * @param fields by name
 * @param open names of fields that this side does not define, or beginnings that end in {@code [};
 *     the other side's value is right
 */
public record NormalForm(SortedMap<String, String> fields, Set<String> open) {

    /**
     * Returns the form of a spec, with the defaults of its image.
     *
     * @param image null if the engine does not have the image; then fields that only the image sets
     *     are open
     */
    public static NormalForm desired(
            WorkloadSpec spec, @Nullable LiveImage image, String pipeline) {
        return SpecForm.of(spec, image, pipeline);
    }

    /**
     * Returns the form of a live container for the comparison with a spec.
     *
     * @param spec the spec to compare with
     * @param image the spec's image on that engine, null if it does not exist there
     * @param formerSpec the spec that it was created from, null if it is not known. Then it is not
     *     known which of its variables are secrets; only values that {@code spec} or {@code image}
     *     also have are shown
     */
    public static NormalForm live(
            LiveContainer container,
            WorkloadSpec spec,
            @Nullable LiveImage image,
            @Nullable WorkloadSpec formerSpec,
            String pipeline) {
        return LiveForm.of(container, spec, image, formerSpec, pipeline);
    }

    /** Returns the fields in which {@code live} differs from {@code desired}, by name. */
    public static List<FieldDiff> diff(NormalForm desired, NormalForm live) {
        var out = new ArrayList<FieldDiff>();
        live.fields.forEach(
                (name, has) -> {
                    String want = desired.fields.getOrDefault(name, "");
                    if (!want.equals(has) && !(want.isEmpty() && desired.isOpen(name))) {
                        out.add(new FieldDiff(name, want, has));
                    }
                });
        desired.fields.forEach(
                (name, want) -> {
                    if (!want.isEmpty() && !live.fields.containsKey(name)) {
                        out.add(new FieldDiff(name, want, ""));
                    }
                });
        out.sort(Comparator.comparing(FieldDiff::field));
        return List.copyOf(out);
    }

    /** Whether this side does not define a field. */
    boolean isOpen(String field) {
        int bracket = field.indexOf('[');
        return open.contains(field)
                || (bracket > 0 && open.contains(field.substring(0, bracket + 1)));
    }
}
