package io.plumbline.core.release;

import io.plumbline.core.release.CanonicalJson.Members;
import io.plumbline.manifest.Rollout;
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
 * engines    list of strings; absent means every engine of the repository
 * drift      "warn" or "off"
 * rollout    {soak, progressDeadline, pullDeadline, pruneGrace (ISO 8601: "PT30S"),
 *             onFailure: "pause", keep: number, irreversible: true}
 * services   object: name to {dependsOn: [...], replicas: number, reference: string,
 *             pull: "always" or "never", spec: object as {@link SpecCanonical} has it}
 * </pre>
 *
 * The id and the specs' hashes are not in it: they are computed from it. Services are sorted by
 * name, so the order in which a manifest has them changes no id; a reader gives them by name.
 */
public final class ReleaseCanonical {

    private ReleaseCanonical() {}

    /** The canonical JSON; the release's own id plays no part. */
    public static String json(Release release) {
        var services = new TreeMap<String, Object>();
        release.services().forEach(s -> services.put(s.name(), service(s)));
        return CanonicalJson.write(
                new Members()
                        .put("pipeline", release.pipeline())
                        .object("labels", release.labels())
                        .nullable("engines", release.engines())
                        .unless(
                                SpecCanonical.word(LanguageDefaults.DRIFT),
                                "drift",
                                SpecCanonical.word(release.drift()))
                        .object("rollout", rollout(release.rollout()))
                        .object("services", services)
                        .done());
    }

    /** {@code v1:} and the first 32 hex digits of the SHA-256 of the canonical JSON. */
    public static String releaseId(Release release) {
        return SpecCanonical.hash(json(release));
    }

    private static Map<String, Object> service(ReleaseService s) {
        return new Members()
                .list("dependsOn", s.dependsOn())
                .unless(LanguageDefaults.REPLICAS, "replicas", s.replicas())
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
                .done();
    }
}
