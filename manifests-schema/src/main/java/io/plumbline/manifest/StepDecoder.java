package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of what a step has beyond a service's container, and of gates. */
final class StepDecoder {
    private static final Pattern SOURCE =
            Pattern.compile("([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)\\.([A-Za-z0-9_-]{1,63})");
    private static final Pattern PART_NAME = Pattern.compile("[A-Za-z0-9_-]{1,63}");
    private static final Pattern METRIC = Pattern.compile("[^\\p{Cntrl}]{1,200}");
    private static final int MOST_RETRIES = 100;
    private static final int MOST_FACTOR = 10;
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final Map<String, ArtifactType> TYPES =
            ContainerDecoder.words(ArtifactType.values());
    private static final Map<String, StepRetry.On> ON = on();

    private StepDecoder() {}

    private static Map<String, StepRetry.On> on() {
        var words = new LinkedHashMap<String, StepRetry.On>();
        words.put("error", StepRetry.On.ERROR);
        words.put("oom", StepRetry.On.OOM);
        words.put("engineLost", StepRetry.On.ENGINE_LOST);
        return words;
    }

    /** Decodes the keys of a step that a service does not have. */
    static DecodedStep decode(Fields fields, DecodedService workload, MountDecoder mounts) {
        List<Placed<StepOutput>> outputs =
                fields.read("outputs", d -> named(d, (name, at) -> output(name, at, mounts)), of());
        places(outputs, workload.service(), mounts);
        boolean once = fields.read("once", Decoder::bool, false);
        StepRetry retry = fields.read("retry", StepDecoder::retry, StepRetry.NONE);
        if (once && retry.on().contains(StepRetry.On.ENGINE_LOST)) {
            fields.error("once", "a step that may run once cannot be retried on 'engineLost'");
        }
        StepCache cache =
                fields.read("cache", d -> cache(d, workload.service()), StepCache.DEFAULT);
        var step =
                new Step(
                        workload.service(),
                        workload.service().inputs(),
                        outputs.stream().map(Placed::value).toList(),
                        fields.read("timeout", StepDecoder::timeout, StepTimeout.NONE),
                        retry,
                        cache,
                        once);
        return new DecodedStep(step, workload, outputs);
    }

    private static <T> List<T> of() {
        return List.of();
    }

    /** Decodes the inputs of a step or service. */
    static List<Placed<StepInput>> inputs(Fields fields, MountDecoder mounts) {
        return fields.read("inputs", d -> named(d, (name, at) -> input(name, at, mounts)), of());
    }

    /** The decoder of an entry with a name. */
    interface Reading<T> {
        @Nullable Placed<T> of(String name, Decoder at);
    }

    /** Decodes a mapping from names, which are checked. */
    static <T> @Nullable List<Placed<T>> named(Decoder at, Reading<T> reading) {
        Map<String, Decoder> entries = at.entries();
        if (entries == null) {
            return null;
        }
        var out = new ArrayList<Placed<T>>();
        entries.forEach(
                (name, value) -> {
                    if (!PART_NAME.matcher(name).matches()) {
                        value.error(
                                "its name must have 1 to 63 characters of A-Z, a-z, 0-9, '_' and '-'");
                        return;
                    }
                    Placed<T> one = reading.of(name, value);
                    if (one != null) {
                        out.add(one);
                    }
                });
        return out;
    }

    private static @Nullable Placed<StepInput> input(String name, Decoder at, MountDecoder mounts) {
        Fields f = at.fields(ManifestKeys.STEP_INPUT);
        if (f == null) {
            return null;
        }
        Source from = f.require("from", StepDecoder::source);
        String path = f.require("path", mounts::input);
        return from == null || path == null
                ? null
                : new Placed<>(new StepInput(name, from.step(), from.output(), path), at);
    }

    private static @Nullable Placed<StepOutput> output(
            String name, Decoder at, MountDecoder mounts) {
        Fields f = at.fields(ManifestKeys.STEP_OUTPUT);
        if (f == null) {
            return null;
        }
        ArtifactType type = f.read("type", d -> d.choice(TYPES), ArtifactType.FILE);
        String path = f.require("path", Forms::target);
        if (path == null) {
            return null;
        }
        mounts.checkOutput(at, path);
        return new Placed<>(new StepOutput(name, type, path), at);
    }

    /**
     * Reports outputs in each other, with a secret or a mount inside, or that cannot be written.
     */
    private static void places(
            List<Placed<StepOutput>> outputs, Service workload, MountDecoder mounts) {
        Map<String, Placed<StepOutput>> byPath = new LinkedHashMap<>();
        for (Placed<StepOutput> output : outputs) {
            Placed<StepOutput> first = byPath.putIfAbsent(output.value().path(), output);
            if (first != null) {
                inside(output, first);
            }
        }
        for (Placed<StepOutput> output : byPath.values()) {
            Placed<StepOutput> outer =
                    MountDecoder.nearest(MountDecoder.parent(output.value().path()), byPath);
            if (outer != null) {
                inside(output, outer);
            }
            String path = output.value().path();
            if (workload.readOnly() && !mounts.isWritable(path)) {
                output.at()
                        .warning(
                                "'readOnly' lets the step write "
                                        + Words.quoted(path)
                                        + " only if its image has a volume there");
            }
        }
        mounts.checkInside(byPath);
    }

    private static void inside(Placed<StepOutput> inner, Placed<StepOutput> outer) {
        inner.at()
                .error(
                        "its path lies in that of the output "
                                + Words.quoted(outer.value().name())
                                + ": an output cannot be part of another");
    }

    /** A step's output, as {@code step.output}. */
    private record Source(String step, String output) {}

    private static @Nullable Source source(Decoder at) {
        String text = at.matching(SOURCE, 128, "must be 'step.output'");
        if (text == null) {
            return null;
        }
        int dot = text.indexOf('.');
        return new Source(text.substring(0, dot), text.substring(dot + 1));
    }

    private static @Nullable StepTimeout timeout(Decoder at) {
        Fields f = at.fields(ManifestKeys.STEP_TIMEOUT);
        return f == null
                ? null
                : new StepTimeout(
                        f.read("running", StepDecoder::duration),
                        f.read("queued", StepDecoder::duration));
    }

    private static @Nullable Duration duration(Decoder at) {
        return at.duration(Duration.ofSeconds(1), LONGEST);
    }

    private static @Nullable StepRetry retry(Decoder at) {
        Fields f = at.fields(ManifestKeys.STEP_RETRY);
        if (f == null) {
            return null;
        }
        StepRetry d = StepRetry.NONE;
        Integer limit = f.require("limit", n -> n.integer(0, MOST_RETRIES));
        StepRetry pauses = f.read("backoff", StepDecoder::backoff, d);
        var codes = new ArrayList<Integer>();
        Set<StepRetry.On> on =
                f.read("on", list -> on(list, codes), EnumSet.of(StepRetry.On.ERROR));
        Decoder failures = f.get("on");
        if (failures != null && failures.isEmptyList()) {
            failures.error("must have at least one kind of failure, or leave out the key");
        }
        return limit == null
                ? null
                : new StepRetry(
                        limit,
                        pauses.backoff(),
                        pauses.factor(),
                        pauses.maxDuration(),
                        Set.copyOf(on),
                        List.copyOf(codes));
    }

    private static @Nullable StepRetry backoff(Decoder at) {
        Fields f = at.fields(ManifestKeys.STEP_BACKOFF);
        if (f == null) {
            return null;
        }
        StepRetry d = StepRetry.NONE;
        Double factor = f.read("factor", StepDecoder::number);
        if (factor != null && (factor < 1 || factor > MOST_FACTOR)) {
            f.error("factor", "must be from 1 to " + MOST_FACTOR);
            factor = null;
        }
        Duration first = f.read("duration", ContainerDecoder::time, d.backoff());
        Duration longest = f.read("maxDuration", ContainerDecoder::time);
        if (longest == null) {
            longest = first.compareTo(d.maxDuration()) > 0 ? first : d.maxDuration();
        } else if (f.has("duration") && longest.compareTo(first) < 0) {
            f.error("maxDuration", "must be at least 'duration', " + Words.time(first));
        }
        return new StepRetry(
                0, first, factor == null ? d.factor() : factor, longest, Set.of(), List.of());
    }

    private static @Nullable Set<StepRetry.On> on(Decoder at, List<Integer> codes) {
        List<Decoder> items = at.items();
        if (items == null) {
            return null;
        }
        Set<StepRetry.On> out = EnumSet.noneOf(StepRetry.On.class);
        for (Decoder item : items) {
            if (item.isMapping()) {
                Fields f = item.fields(ManifestKeys.EXIT_CODES);
                if (f != null) {
                    List<Integer> some = f.require("exitCode", StepDecoder::exitCodes);
                    codes.addAll(some == null ? List.of() : some);
                }
            } else {
                StepRetry.On one = item.choice(ON);
                if (one != null) {
                    out.add(one);
                }
            }
        }
        return out;
    }

    private static @Nullable List<Integer> exitCodes(Decoder at) {
        if (at.isEmptyList()) {
            at.error("must have at least one exit code");
        }
        return at.list(n -> n.integer(1, 255));
    }

    private static @Nullable StepCache cache(Decoder at, Service workload) {
        Fields f = at.fields(ManifestKeys.STEP_CACHE);
        if (f == null) {
            return null;
        }
        return new StepCache(
                f.read("enabled", Decoder::bool),
                f.read("maxAge", StepDecoder::duration),
                f.read("version", Decoder::text, ""),
                f.read("ignore", d -> Forms.distinct(d, i -> ignored(i, workload)), List.of()));
    }

    /** Decodes the name of a variable; warns if the step does not set it. */
    private static @Nullable String ignored(Decoder at, Service workload) {
        String name = Forms.variable(at);
        if (name == null || workload.env().containsKey(name)) {
            return name;
        }
        boolean secret =
                workload.secrets().stream()
                        .anyMatch(s -> s instanceof SecretMount.AsEnv e && e.target().equals(name));
        String nearest = Words.nearest(name, workload.env().keySet());
        at.warning(
                secret
                        ? Words.quoted(name) + " is a secret, whose value is never part of the key"
                        : "'env' does not set "
                                + Words.quoted(name)
                                + (nearest == null ? "" : ", did you mean '" + nearest + "'?"));
        return name;
    }

    // --- gates

    static @Nullable Placed<Gate> gate(Decoder at) {
        Fields f = at.fields(ManifestKeys.GATE);
        if (f == null) {
            return null;
        }
        Decoder metric = f.get("metric");
        Decoder approval = f.get("approval");
        if (metric != null && approval != null) {
            f.error("a gate is one of 'metric' and 'approval'; write two gates");
            return null;
        }
        if (approval != null) {
            Gate gate = approval(approval);
            return gate == null ? null : new Placed<>(gate, approval);
        }
        if (metric == null) {
            if (ManifestKeys.GATE.later().stream().noneMatch(at::has)) {
                f.error("needs 'metric' or 'approval'");
            }
            return null;
        }
        Gate gate = metric(metric);
        return gate == null ? null : new Placed<>(gate, metric);
    }

    private static Gate.@Nullable Approval approval(Decoder at) {
        Fields f = at.fields(ManifestKeys.APPROVAL_GATE);
        return f == null ? null : new Gate.Approval(f.read("timeout", StepDecoder::duration));
    }

    private static Gate.@Nullable Metric metric(Decoder at) {
        Fields f = at.fields(ManifestKeys.METRIC_GATE);
        if (f == null) {
            return null;
        }
        String name = f.require("name", d -> d.matching(METRIC, 200, "must name a metric"));
        Source from = f.require("from", StepDecoder::source);
        Double min = f.read("min", StepDecoder::number);
        Double max = f.read("max", StepDecoder::number);
        boolean stable = f.read("compareTo", d -> d.choice(Map.of("stable", true)), false);
        Double regression = f.read("maxRegression", StepDecoder::number);
        if (!f.has("min") && !f.has("max") && !f.has("compareTo")) {
            at.error("needs 'min', 'max' or 'compareTo: stable'");
        }
        if (min != null && max != null && min > max) {
            f.error("min", "must be at most 'max'");
        }
        if (regression != null && !f.has("compareTo")) {
            f.error("maxRegression", "is for 'compareTo: stable' only");
        }
        if (regression != null && regression < 0) {
            f.error("maxRegression", "must be at least 0");
        }
        return name == null || from == null
                ? null
                : new Gate.Metric(
                        name,
                        from.step(),
                        from.output(),
                        min,
                        max,
                        stable,
                        regression == null ? 0 : regression,
                        f.read("higherIsBetter", Decoder::bool, true));
    }

    /** Decodes a finite number. */
    private static @Nullable Double number(Decoder at) {
        String text = at.text("a number");
        if (text == null) {
            return null;
        }
        String objection = Param.Type.NUMBER.objection(text);
        if (objection != null) {
            at.error(objection);
            return null;
        }
        return Double.parseDouble(text);
    }
}
