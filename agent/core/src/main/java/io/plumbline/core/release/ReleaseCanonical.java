package io.plumbline.core.release;

import io.plumbline.core.release.CanonicalJson.Members;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.Selector;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The canonical form of a {@link Release}, stored whole in the ledger, and its id.
 *
 * <p>The keys, each left out where the component is null, empty or the default of {@link
 * LanguageDefaults}:
 *
 * <pre>
 * pipeline   string
 * labels     object of strings
 * engines    list of strings; absent means every engine of the repository, or the selector's
 * placement  {selector: list of {label, in: [...]}, {label, notIn: [...]}, {label, exists: true} or
 *             {label, exists: false}, strategy: string, minEngines: number, failover: {after}}
 * drift      "warn" or "off"
 * rollout    {soak, progressDeadline, pullDeadline, pruneGrace (ISO 8601: "PT30S"),
 *             onFailure: "pause", keep: number, irreversible: true, atomic: true, engines: {order:
 *             [...], byLabel: string, maxParallel: number, pause, onUnreachable: "proceed" or
 *             "fail"}, which is written when it is empty: absent means all engines at once}
 * images     {copy: true}
 * services   object: name to {dependsOn: [...], replicas: number, stateful: true,
 *             restartUnhealthyAfter: duration, reference: string, pull: "always" or "never",
 *             spec: object as {@link SpecCanonical} has it}
 * </pre>
 *
 * The id and the specs' hashes are not in it: they are computed from it. Services are sorted by
 * name, so the order in which a manifest has them changes no id; a reader gives them by name.
 */
public final class ReleaseCanonical {

    private ReleaseCanonical() {}

    /** Returns the canonical JSON, which does not contain the release's own id. */
    public static String json(Release release) {
        var services = new TreeMap<String, Object>();
        release.services().forEach(s -> services.put(s.name(), service(s)));
        return CanonicalJson.write(
                new Members()
                        .put("pipeline", release.pipeline())
                        .object("labels", release.labels())
                        .nullable("engines", release.engines())
                        .object("placement", placement(release.placement()))
                        .unless(
                                SpecCanonical.word(LanguageDefaults.DRIFT),
                                "drift",
                                SpecCanonical.word(release.drift()))
                        .object("rollout", rollout(release.rollout()))
                        .object(
                                "images",
                                new Members()
                                        .unless(
                                                LanguageDefaults.IMAGES.copy(),
                                                "copy",
                                                release.images().copy())
                                        .done())
                        .object("services", services)
                        .done());
    }

    /** Returns {@code v1:} and the first 32 hex digits of the SHA-256 of the canonical JSON. */
    public static String releaseId(Release release) {
        return SpecCanonical.hash(json(release));
    }

    private static Map<String, Object> service(ReleaseService s) {
        var after = s.restartUnhealthyAfter();
        return new Members()
                .list("dependsOn", s.dependsOn())
                .unless(LanguageDefaults.REPLICAS, "replicas", s.replicas())
                .unless(false, "stateful", s.stateful())
                .nullable("restartUnhealthyAfter", after == null ? null : after.toString())
                .put("reference", s.reference())
                .unless(
                        SpecCanonical.word(LanguageDefaults.PULL),
                        "pull",
                        SpecCanonical.word(s.pull()))
                .put("spec", SpecCanonical.tree(s.spec()))
                .done();
    }

    private static Map<String, Object> rollout(Rollout r) {
        Rollout d = LanguageDefaults.ROLLOUT;
        return new Members()
                .unless(d.soak().toString(), "soak", r.soak().toString())
                .unless(
                        d.progressDeadline().toString(),
                        "progressDeadline",
                        r.progressDeadline().toString())
                .unless(d.pullDeadline().toString(), "pullDeadline", r.pullDeadline().toString())
                .unless(d.pruneGrace().toString(), "pruneGrace", r.pruneGrace().toString())
                .unless(
                        SpecCanonical.word(d.onFailure()),
                        "onFailure",
                        SpecCanonical.word(r.onFailure()))
                .unless(d.keep(), "keep", r.keep())
                .unless(d.irreversible(), "irreversible", r.irreversible())
                .nullable("engines", r.engines() == null ? null : order(r.engines()))
                .unless(d.atomic(), "atomic", r.atomic())
                .done();
    }

    private static Map<String, Object> order(EngineOrder o) {
        EngineOrder d = EngineOrder.DEFAULT;
        return new Members()
                .nullable("order", o.order())
                .nullable("byLabel", o.byLabel())
                .unless(d.maxParallel(), "maxParallel", o.maxParallel())
                .unless(d.pause().toString(), "pause", o.pause().toString())
                .unless(
                        SpecCanonical.word(d.onUnreachable()),
                        "onUnreachable",
                        SpecCanonical.word(o.onUnreachable()))
                .done();
    }

    /** Returns the placement without the engines' names, which have always been a separate key. */
    private static Map<String, Object> placement(Placement p) {
        Placement d = LanguageDefaults.PLACEMENT;
        Selector selector = p.selector();
        Placement.Failover failover = p.failover();
        return new Members()
                .list(
                        "selector",
                        selector == null
                                ? List.of()
                                : selector.terms().stream().map(ReleaseCanonical::term).toList())
                .unless(
                        SpecCanonical.word(d.strategy()),
                        "strategy",
                        SpecCanonical.word(p.strategy()))
                .unless(d.minEngines(), "minEngines", p.minEngines())
                .nullable(
                        "failover",
                        failover == null ? null : Map.of("after", failover.after().toString()))
                .done();
    }

    private static Map<String, Object> term(Selector.Term term) {
        var members = new Members().put("label", term.label());
        return switch (term) {
            case Selector.In in -> members.put("in", List.copyOf(in.values())).done();
            case Selector.NotIn not -> members.put("notIn", List.copyOf(not.values())).done();
            case Selector.Exists _ -> members.put("exists", true).done();
            case Selector.Absent _ -> members.put("exists", false).done();
        };
    }
}
