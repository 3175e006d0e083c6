package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Words;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The checks of parameters, and of the placeholders in the texts of steps and services. */
final class PlaceholderChecks {

    private static final List<String> TEXTS = List.of("entrypoint", "command", "args", "env");

    private PlaceholderChecks() {}

    /**
     * Reports placeholders without a value, and parameters that no step takes.
     *
     * @param spec the mapping with the parameters
     * @param params those that could be decoded
     */
    static void check(
            Decoder spec,
            List<Placed<Param>> params,
            List<DecodedStep> steps,
            List<DecodedService> services) {
        Set<String> used = new HashSet<>();
        Set<String> ofAll = new LinkedHashSet<>(Placeholders.NEVER_THE_SAME);
        names(spec, "params").forEach(name -> ofAll.add(Placeholders.param(name)));
        for (DecodedStep step : steps) {
            Set<String> known = known(ofAll, step);
            boolean[] warned = {false};
            each(
                    step.workload().at(),
                    (name, at) -> {
                        used.add(name);
                        if (!known.contains(name)) {
                            at.error(unknown(name, known));
                        } else if (Placeholders.NEVER_THE_SAME.contains(name)
                                && !Boolean.FALSE.equals(step.step().cache().enabled())
                                && !warned[0]) {
                            warned[0] = true;
                            at.warning(
                                    "the step is never taken from the cache: {{"
                                            + name
                                            + "}} is another text in each "
                                            + (name.equals(Placeholders.COMMIT)
                                                    ? "commit"
                                                    : "run"));
                        }
                    });
        }
        for (DecodedService service : services) {
            each(
                    service.at(),
                    (name, at) ->
                            at.warning(
                                    "only steps have placeholders: {{"
                                            + name
                                            + "}} stays as it is"));
        }
        for (Placed<Param> param : params) {
            if (!used.contains(Placeholders.param(param.value().name()))) {
                param.at()
                        .warning(
                                "no step takes {{"
                                        + Placeholders.param(param.value().name())
                                        + "}}");
            }
        }
    }

    private static Set<String> known(Set<String> ofAll, DecodedStep step) {
        Set<String> known = new LinkedHashSet<>(ofAll);
        Decoder at = step.workload().at();
        names(at, "inputs").forEach(name -> known.add(Placeholders.input(name)));
        names(at, "outputs").forEach(name -> known.add(Placeholders.output(name)));
        return known;
    }

    /** Returns the keys of a mapping at a key, also of values with errors. */
    private static Set<String> names(Decoder container, String key) {
        Decoder at = values(container).get(key);
        return at == null ? Set.of() : values(at).keySet();
    }

    private static Map<String, Decoder> values(Decoder at) {
        Map<String, Decoder> values = at.isMapping() ? at.entries() : null;
        return values == null ? Map.of() : values;
    }

    private static String unknown(String name, Set<String> known) {
        String nearest = Words.nearest(name, known);
        if (nearest == null && known.contains(name + ".path")) {
            nearest = name + ".path";
        }
        return "{{"
                + name
                + "}} has no value"
                + (nearest == null ? "" : ", did you mean '{{" + nearest + "}}'?");
    }

    private static void each(Decoder container, BiConsumer<String, Decoder> found) {
        Map<String, Decoder> keys = values(container);
        for (String key : TEXTS) {
            texts(keys.get(key), found);
        }
    }

    private static void texts(@Nullable Decoder at, BiConsumer<String, Decoder> found) {
        if (at == null) {
            return;
        }
        if (at.isMapping()) {
            values(at).values().forEach(v -> texts(v, found));
        } else if (at.isList()) {
            List<Decoder> items = at.items();
            if (items != null) {
                items.forEach(i -> texts(i, found));
            }
        } else if (at.isScalar() && !at.isNull()) {
            String text = at.text();
            if (text != null) {
                Placeholders.in(text).forEach(name -> found.accept(name, at));
            }
        }
    }
}
