package io.plumbline.core.plan;

import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.observed.LiveImage;
import io.plumbline.core.release.ContainerSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A container in words that can be compared: what a spec asks for and what {@code inspect} shows
 * are both brought into this one form, in which what the engine or the image adds by itself is no
 * difference.
 *
 * <p>Fields have the manifest's names: {@code image, command, entrypoint, env[NAME], user,
 * workingDir, ports[8080/tcp], volumes[/target], tmpfs[/target], memory, memorySwap, cpus, restart,
 * healthcheck, healthcheck.interval, ..., labels[key], capAdd, capDrop, readOnly, shmSize,
 * ulimits[name], dns, extraHosts, stopSignal, stopGracePeriod, init, logging, logging[option]} and,
 * which no manifest can set, {@code securityOpt, privileged, networkMode, pidMode, ipcMode,
 * devices}. An empty text is the same as no field.
 *
 * <p>Variables that carry secrets are on neither side. Labels of ours are left out: by them the
 * container was found. Where the spec is silent and the engine's own configuration may decide
 * (shmSize, ulimits, log options, labels), what is live is right.
 *
 * @param fields by name
 * @param open names, or beginnings that end in {@code [}, of fields about which this side says
 *     nothing: what the other side has there is right
 */
public record NormalForm(SortedMap<String, String> fields, Set<String> open) {

    /**
     * What a spec asks for, on top of what its image brings.
     *
     * @param image null where the engine does not have the image: what only the image decides is
     *     then left open
     */
    public static NormalForm desired(
            ContainerSpec spec, @Nullable LiveImage image, String pipeline) {
        return SpecForm.of(spec, image, pipeline);
    }

    /**
     * What a live container has, seen beside the spec that it is compared with.
     *
     * @param spec the spec it is compared with
     * @param image the spec's image on that engine, null if it is not there
     * @param formerSpec the spec it was made with, null if that is not known: then it is not known
     *     which of its variables are secrets, and only such values are told as {@code spec} or
     *     {@code image} have too
     */
    public static NormalForm live(
            LiveContainer container,
            ContainerSpec spec,
            @Nullable LiveImage image,
            @Nullable ContainerSpec formerSpec,
            String pipeline) {
        return LiveForm.of(container, spec, image, formerSpec, pipeline);
    }

    /** The fields in which {@code live} is not as {@code desired}, by name. */
    public static List<FieldDiff> diff(NormalForm desired, NormalForm live) {
        var names = new TreeSet<>(desired.fields.keySet());
        names.addAll(live.fields.keySet());
        var out = new ArrayList<FieldDiff>();
        for (String name : names) {
            String want = desired.fields.getOrDefault(name, "");
            String has = live.fields.getOrDefault(name, "");
            if (!want.equals(has) && !(want.isEmpty() && desired.isOpen(name))) {
                out.add(new FieldDiff(name, want, has));
            }
        }
        return List.copyOf(out);
    }

    /** Whether this side says nothing about a field. */
    boolean isOpen(String field) {
        int bracket = field.indexOf('[');
        return open.contains(field)
                || (bracket > 0 && open.contains(field.substring(0, bracket + 1)));
    }
}
