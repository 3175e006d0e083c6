package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.time.Duration;
import java.util.Collections;
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
        boolean readOnly,
        SortedMap<String, String> env,
        SortedMap<String, String> labels,
        FieldValues fields) {

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
                    Collections.emptySortedMap(),
                    Collections.emptySortedMap(),
                    FieldValues.NONE);

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
                f.read("readOnly", Decoder::bool, false),
                f.read("env", Forms::env, Collections.emptySortedMap()),
                f.read("labels", Forms::labels, Collections.emptySortedMap()),
                plain(f, ManifestKeys.DEFAULTS, FieldValues.NONE));
    }

    /**
     * Decodes the plain fields of a mapping.
     *
     * @param keys of the mapping
     * @param otherwise the values of fields that the mapping omits
     */
    static FieldValues plain(Fields f, Keys keys, FieldValues otherwise) {
        var values = new TreeMap<>(otherwise.byKey());
        for (PlainField field : PlainField.all()) {
            Object own =
                    keys.known().contains(field.key())
                            ? f.read(field.key(), field.type()::read)
                            : null;
            if (own != null) {
                values.put(field.key(), own);
            }
        }
        return FieldValues.of(values);
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
