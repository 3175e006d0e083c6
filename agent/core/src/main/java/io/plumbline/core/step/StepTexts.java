package io.plumbline.core.step;

import io.plumbline.api.Run;
import io.plumbline.manifest.Placeholders;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The texts of a step in a run: its placeholders are replaced, before its key is computed. */
final class StepTexts {

    private StepTexts() {}

    /**
     * Returns a step with the values of a run.
     *
     * @param params the values of the pipeline's parameters, by name
     */
    static StepSpec of(StepSpec step, Map<String, String> params, Run run) {
        var values = new HashMap<String, String>();
        params.forEach((name, value) -> values.put(Placeholders.param(name), value));
        step.inputs().forEach(i -> values.put(Placeholders.input(i.name()), i.path()));
        step.outputs().forEach(o -> values.put(Placeholders.output(o.name()), o.path()));
        values.put(Placeholders.RUN_ID, Long.toString(run.number()));
        values.put(Placeholders.COMMIT, run.commit());
        var spec = step.workload().spec();
        var env = new TreeMap<>(spec.env());
        env.replaceAll((_, text) -> Placeholders.replaced(text, values));
        var replaced =
                spec.withTexts(
                        words(spec.entrypoint(), values), words(spec.command(), values), env);
        return replaced.equals(spec) ? step : step.with(step.workload().withSpec(replaced));
    }

    /** Whether a text of a step has this placeholder. */
    static boolean takes(StepSpec step, String placeholder) {
        var spec = step.workload().spec();
        return Stream.of(orNone(spec.entrypoint()), orNone(spec.command()), spec.env().values())
                .flatMap(Collection::stream)
                .anyMatch(text -> Placeholders.in(text).contains(placeholder));
    }

    private static Collection<String> orNone(@Nullable List<String> words) {
        return words == null ? List.of() : words;
    }

    private static @Nullable List<String> words(
            @Nullable List<String> words, Map<String, String> values) {
        return words == null
                ? null
                : words.stream().map(w -> Placeholders.replaced(w, values)).toList();
    }
}
