package io.plumbline.core.step;

import io.plumbline.core.release.CanonicalJson;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.ReleaseBuilder;
import io.plumbline.core.release.SpecCanonical;
import io.plumbline.manifest.Gate;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Placeholders;
import io.plumbline.manifest.Step;
import io.plumbline.manifest.StepInput;
import io.plumbline.manifest.StepOutput;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The builder of the set of steps and gates of a pipeline whose images and files are resolved. */
public final class StepSetBuilder {

    private StepSetBuilder() {}

    /**
     * Builds the set.
     *
     * @param engineName the pipeline's name on engines
     * @param commit the commit, which is a part of the identity if a step takes it
     * @param imagesByReference the resolved images by reference
     * @param sha256BySourcePath 64 hex digits of each file's hash, by its source
     * @throws IllegalArgumentException if a reference or a source was not resolved
     */
    public static StepSet build(
            Pipeline pipeline,
            String engineName,
            String commit,
            Map<String, ImageRef> imagesByReference,
            Map<String, String> sha256BySourcePath) {
        var steps =
                pipeline.steps().stream()
                        .map(s -> step(s, imagesByReference, sha256BySourcePath))
                        .toList();
        var params = new TreeMap<String, String>();
        pipeline.params().forEach(p -> params.put(p.name(), p.value()));
        return new StepSet(
                id(engineName, steps, pipeline.gates(), params, taken(steps, commit)),
                engineName,
                steps,
                pipeline.gates(),
                pipeline.placement(),
                params);
    }

    private static StepSpec step(Step s, Map<String, ImageRef> images, Map<String, String> hashes) {
        return new StepSpec(
                ReleaseBuilder.service(s.workload(), Set.of(), images, hashes, List.of()),
                s.inputs().stream().sorted(Comparator.comparing(StepInput::name)).toList(),
                s.outputs().stream().sorted(Comparator.comparing(StepOutput::name)).toList(),
                s.timeout(),
                s.retry(),
                s.cache(),
                s.once());
    }

    /**
     * Returns the identity. It covers what decides whether the steps succeed, and so also limits
     * that are not part of a step's key: a commit that raises a limit is a new attempt. Defaults
     * are left out, so that a later version of the agent gives the same identity.
     */
    private static String id(
            String pipeline,
            List<StepSpec> steps,
            List<Gate> gates,
            Map<String, String> params,
            String commit) {
        var byName = new TreeMap<String, Object>();
        steps.forEach(s -> byName.put(s.name(), tree(s)));
        var all = new TreeMap<String, Object>();
        all.put("pipeline", pipeline);
        all.put("steps", byName);
        put(all, "params", params, Map.of());
        put(all, "commit", commit, "");
        if (!gates.isEmpty()) {
            all.put("gates", gates.stream().map(StepSetBuilder::tree).toList());
        }
        return SpecCanonical.hash(CanonicalJson.write(all));
    }

    private static String taken(List<StepSpec> steps, String commit) {
        return steps.stream().anyMatch(s -> StepTexts.takes(s, Placeholders.COMMIT)) ? commit : "";
    }

    private static Map<String, Object> tree(StepSpec s) {
        var out = new TreeMap<String, Object>();
        out.put("spec", SpecCanonical.tree(s.workload().spec()));
        put(out, "after", s.after(), List.of());
        put(
                out,
                "inputs",
                s.inputs().stream()
                        .map(i -> List.of(i.name(), i.step(), i.output(), i.path()))
                        .toList(),
                List.of());
        put(
                out,
                "outputs",
                s.outputs().stream()
                        .map(o -> List.of(o.name(), o.type().word(), o.path()))
                        .toList(),
                List.of());
        put(out, "timeout", texts(s.timeout().running(), s.timeout().queued()), texts(null, null));
        put(out, "retry", s.retry().limit(), 0);
        put(out, "cacheVersion", s.cache().version(), "");
        put(out, "cacheIgnore", s.cache().ignore(), List.of());
        put(out, "cached", s.cached(), true);
        put(out, "once", s.once(), false);
        return out;
    }

    private static Map<String, Object> tree(Gate gate) {
        var out = new TreeMap<String, Object>();
        switch (gate) {
            case Gate.Approval a -> out.put("approval", String.valueOf(a.timeout()));
            case Gate.Metric m -> {
                out.put("metric", List.of(m.name(), m.step(), m.output()));
                put(out, "bounds", texts(m.min(), m.max()), texts(null, null));
                put(out, "stable", m.compareToStable(), false);
                put(out, "maxRegression", Double.toString(m.maxRegression()), "0.0");
                put(out, "higherIsBetter", m.higherIsBetter(), true);
            }
        }
        return out;
    }

    private static List<String> texts(@Nullable Object a, @Nullable Object b) {
        return List.of(String.valueOf(a), String.valueOf(b));
    }

    private static void put(Map<String, Object> out, String name, Object value, Object normal) {
        if (!value.equals(normal)) {
            out.put(name, value);
        }
    }
}
