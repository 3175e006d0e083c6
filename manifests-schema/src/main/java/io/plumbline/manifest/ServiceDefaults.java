package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code spec.defaults}: the values for keys that a service omits. {@code env} and {@code labels}
 * are merged by key, {@code resources} by limit; the service's own have precedence. Every other
 * value of a service replaces the default as a whole.
 */
record ServiceDefaults(
        @Nullable RestartPolicy restart,
        @Nullable PullPolicy pull,
        @Nullable Duration stopGracePeriod,
        @Nullable String stopSignal,
        @Nullable Logging logging,
        Resources resources,
        @Nullable String user,
        boolean init,
        boolean readOnly,
        List<String> dns,
        SortedMap<String, String> env,
        SortedMap<String, String> labels) {

    static final ServiceDefaults NONE =
            new ServiceDefaults(
                    null,
                    null,
                    null,
                    null,
                    null,
                    Resources.NONE,
                    null,
                    false,
                    false,
                    List.of(),
                    Collections.emptySortedMap(),
                    Collections.emptySortedMap());

    static ServiceDefaults read(Decoder at) {
        Fields f = at.fields(ManifestKeys.DEFAULTS);
        if (f == null) {
            return NONE;
        }
        return new ServiceDefaults(
                f.read("restart", ContainerDecoder::restart),
                f.read("pull", ContainerDecoder::pull),
                f.read("stopGracePeriod", ContainerDecoder::wholeSeconds),
                f.read("stopSignal", Forms::signal),
                f.read("logging", ContainerDecoder::logging),
                f.read("resources", ContainerDecoder::resources, Resources.NONE),
                f.read("user", Forms::user),
                f.read("init", Decoder::bool, false),
                f.read("readOnly", Decoder::bool, false),
                f.read("dns", d -> Forms.distinct(d, Forms::address), List.of()),
                f.read("env", Forms::env, Collections.emptySortedMap()),
                f.read("labels", Forms::labels, Collections.emptySortedMap()));
    }

    Resources resources(Resources own) {
        Long cpus = own.nanoCpus();
        Long memory = own.memory();
        return new Resources(
                cpus == null ? resources.nanoCpus() : cpus,
                memory == null ? resources.memory() : memory);
    }

    /** Merges the entries; own ones replace default ones. */
    static SortedMap<String, String> merged(
            SortedMap<String, String> defaults, SortedMap<String, String> own) {
        var all = new TreeMap<>(defaults);
        all.putAll(own);
        return Collections.unmodifiableSortedMap(all);
    }
}
