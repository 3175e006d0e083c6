package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The decoder of a pipeline's placement, and of the order in which engines receive a release. */
final class PlacementDecoder {

    private static final int MOST_ENGINES = 1000;
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final Map<String, Strategy> STRATEGY = ContainerDecoder.words(Strategy.values());
    private static final Map<String, EngineOrder.OnUnreachable> ON_UNREACHABLE =
            ContainerDecoder.words(EngineOrder.OnUnreachable.values());

    /**
     * Replaces a strategy that could not be decoded. It has the fewest restrictions, so that no
     * further error follows from it.
     */
    private static final Strategy AFTER_ERROR = Strategy.SPREAD;

    private PlacementDecoder() {}

    static @Nullable Placement placement(Decoder at) {
        Fields f = at.fields(ManifestKeys.PLACEMENT);
        if (f == null) {
            return null;
        }
        List<String> engines = f.read("engines", d -> names(d, "must name at least one engine"));
        Selector selector = f.read("selector", PlacementDecoder::selector);
        if (f.has("engines") && f.has("selector")) {
            f.error("has both engines and selector: name engines, or choose them by labels");
        }
        Strategy strategy =
                f.has("strategy")
                        ? f.read("strategy", d -> d.choice(STRATEGY), AFTER_ERROR)
                        : Strategy.EVERYWHERE;
        int minEngines = f.read("minEngines", d -> d.integer(1, MOST_ENGINES), 1);
        if (f.has("minEngines") && engines != null && minEngines > engines.size()) {
            f.error("minEngines", "must be at most " + engines.size() + ", the number of engines");
        }
        Placement.Failover failover = f.read("failover", PlacementDecoder::failover);
        if (f.has("failover") && strategy == Strategy.EVERYWHERE) {
            f.error(
                    "failover",
                    "moves replicas to other engines, but strategy 'everywhere' has them on each:"
                            + " choose another strategy, or leave it out");
        }
        if (failover == null && strategy == Strategy.FAILOVER) {
            failover = Placement.Failover.DEFAULT;
        }
        return new Placement(engines, selector, strategy, minEngines, failover);
    }

    private static @Nullable List<String> names(Decoder at, String rule) {
        List<String> names = Forms.distinct(at, Forms::engine);
        if (at.isEmptyList()) {
            at.error(rule + ", or leave out the key");
        }
        return names == null || names.isEmpty() ? null : names;
    }

    private static Placement.@Nullable Failover failover(Decoder at) {
        Fields f = at.fields(ManifestKeys.FAILOVER);
        return f == null
                ? null
                : new Placement.Failover(
                        f.read(
                                "after",
                                d -> d.duration(Duration.ofSeconds(1), LONGEST),
                                Placement.Failover.DEFAULT.after()));
    }

    private static @Nullable Selector selector(Decoder at) {
        return at.isMapping() ? byValues(at) : byTerms(at);
    }

    private static @Nullable Selector byTerms(Decoder at) {
        if (!at.isScalar() || at.isNull()) {
            at.mismatch("a mapping of labels, or terms such as \"cloud in (aws, gcp), !spot\"");
            return null;
        }
        String text = at.string();
        if (text == null) {
            return null;
        }
        if (text.length() > Selector.LONGEST) {
            at.error("must be at most " + Selector.LONGEST + " characters long");
            return null;
        }
        try {
            return Selector.parse(text);
        } catch (IllegalArgumentException e) {
            at.error(
                    "must be terms such as \"cloud in (aws, gcp), region == eu-west-1, gpu, !spot\","
                            + " but has "
                            + Words.quoted(e.getMessage() == null ? "" : e.getMessage()));
            return null;
        }
    }

    private static @Nullable Selector byValues(Decoder at) {
        Map<String, Decoder> entries = at.entries();
        if (entries == null || entries.isEmpty()) {
            at.error("must have at least one label, or leave out the key");
            return null;
        }
        Map<String, String> values = new TreeMap<>();
        entries.forEach(
                (label, value) -> {
                    if (!Selector.LABEL.matcher(label).matches()) {
                        at.errorAtKey(
                                label,
                                "is no label of an engine: letters, digits, '.', '_', '/' and '-'");
                    }
                    String text = value.text();
                    if (text != null) {
                        values.put(label, text);
                    }
                });
        return values.isEmpty() ? null : Selector.of(values);
    }

    static @Nullable EngineOrder order(Decoder at) {
        Fields f = at.fields(ManifestKeys.ENGINE_ORDER);
        if (f == null) {
            return null;
        }
        EngineOrder d = EngineOrder.DEFAULT;
        List<String> order = f.read("order", o -> names(o, "must name at least one engine"));
        String byLabel =
                f.read(
                        "byLabel",
                        l ->
                                l.matching(
                                        Selector.LABEL,
                                        63,
                                        "must be a label of engines: letters, digits, '.', '_',"
                                                + " '/' and '-'"));
        if (f.has("order") && f.has("byLabel")) {
            f.error("has both order and byLabel: name engines, or group them by a label");
        }
        return new EngineOrder(
                order,
                byLabel,
                f.read("maxParallel", n -> n.integer(1, MOST_ENGINES), d.maxParallel()),
                f.read("pause", ContainerDecoder::time, d.pause()),
                f.read("onUnreachable", w -> w.choice(ON_UNREACHABLE), d.onUnreachable()));
    }

    static @Nullable Images images(Decoder at) {
        Fields f = at.fields(ManifestKeys.IMAGES);
        return f == null ? null : new Images(f.read("copy", Decoder::bool, false));
    }

    /** Checks the rollout's order against the placement. */
    static void check(Fields spec, Placement placement, Rollout rollout) {
        Decoder at = spec.get("rollout");
        EngineOrder order = rollout.engines();
        if (at == null || order == null) {
            return;
        }
        if (rollout.atomic() && order.onUnreachable() == EngineOrder.OnUnreachable.PROCEED) {
            at.errorAtKey(
                    "atomic",
                    "switches all engines or none, but 'onUnreachable: proceed' leaves engines out");
        }
        List<String> engines = placement.engines();
        if (engines != null && order.order() != null) {
            Set<String> chosen = new HashSet<>(engines);
            for (String name : order.order()) {
                if (!chosen.contains(name)) {
                    at.errorAtKey(
                            "engines",
                            "orders the engine "
                                    + Words.quoted(name)
                                    + ", which is not among 'placement.engines'");
                }
            }
        }
    }
}
