package io.plumbline.config;

import io.plumbline.config.EngineOptions.Capacity;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of an engine's price, capacity, parallelism and credential helpers. */
final class EngineOptionsDecoder {
    private static final Keys CAPACITY = Keys.of("cpus", "memory").later("gpus");
    private static final Pattern PRICE = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

    /** The name by which Docker's own command finds a helper; here it is a whole path. */
    private static final Pattern HELPER =
            Pattern.compile("/([^\\p{Cntrl}]*/)?docker-credential-[A-Za-z0-9._-]+");

    static final Pattern REGISTRY =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?");

    /** More would wait for the engine's calls, of which so many run at the same time. */
    private static final int MOST_PARALLEL = 16;

    private EngineOptionsDecoder() {}

    /** Returns the price per hour; null if it is not given. */
    static @Nullable BigDecimal price(Fields f) {
        return f.read(
                "pricePerHour",
                d -> {
                    String text = d.text("an amount such as 0.34");
                    if (text == null) {
                        return null;
                    }
                    if (!PRICE.matcher(text).matches()) {
                        d.error("must be an amount such as 0.34, without sign or currency");
                        return null;
                    }
                    return new BigDecimal(text);
                });
    }

    /** Returns the capacity; null if it is not given. */
    static @Nullable Capacity capacity(Fields f) {
        return f.read(
                "capacity",
                d -> {
                    Fields c = d.fields(CAPACITY);
                    return c == null
                            ? null
                            : new Capacity(
                                    c.read("cpus", Decoder::nanoCpus),
                                    c.read("memory", m -> m.bytes(1)));
                });
    }

    /** Returns the parallelism, or its default. */
    static int parallelism(Fields f) {
        return f.read("parallelism", d -> d.integer(1, MOST_PARALLEL), EngineOptions.PARALLELISM);
    }

    /** Decodes {@code credentialHelpers}; empty if none are given. */
    static SortedMap<String, Path> helpers(Fields f) {
        return f.read(
                "credentialHelpers", EngineOptionsDecoder::helpers, new TreeMap<String, Path>());
    }

    private static @Nullable SortedMap<String, Path> helpers(Decoder d) {
        var entries = d.entries();
        if (entries == null) {
            return null;
        }
        var helpers = new TreeMap<String, Path>();
        entries.forEach(
                (host, value) -> {
                    if (!REGISTRY.matcher(host).matches()) {
                        value.error("the key must be a registry's host, without scheme or path");
                        return;
                    }
                    var program =
                            value.matching(
                                    HELPER,
                                    4096,
                                    "must be the absolute path of a program"
                                            + " docker-credential-NAME");
                    if (program != null) {
                        helpers.put(host, Path.of(program).normalize());
                    }
                });
        return helpers;
    }
}
